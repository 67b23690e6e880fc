from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.config.shell import parse_assignments, parse_value
from cibw.model.templates import EnvExpr, Shell, Substitution, Variable
from unit_test.config.shell_reference import evaluate

START = {"SET": "set value", "EMPTY": ""}


def value_of(text: str) -> str:
    return evaluate(parse_assignments(f"A={text}"), START)["A"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ""),
        ("a=b", "a=b"),
        ("#x", "#x"),
        ("a#b", "a#b"),
        ("C:\\foo", "C:foo"),
        ("end\\", "end\\"),
        ("'single $X'", "single $X"),
        ('"double \\$X \\` \\" \\\\ \\z"', 'double $X ` " \\ \\z'),
        ('"a\\\nb"c\\\nd', "abcd"),
        ('"a\nb"', "a\nb"),
        ("$'a\\tb\\x41\\101\\u00e9\\U0001F600\\cA\\z\\''", "a\tbAAé😀\x01\\z'"),
        ("\"$'a'\"", "$'a'"),
        ('$"locale"', "locale"),
        ("$", "$"),
        ("a$,b", "a$,b"),
        ("$SET", "set value"),
        ("${SET}", "set value"),
        ("$UNSET", ""),
        ("${SET:-no}${EMPTY:-default}${UNSET:-default}", "set valuedefaultdefault"),
        ("${SET-no}${EMPTY-no}${UNSET-default}", "set valuedefault"),
        ("${UNSET:-a b;c|d<e>f&g(h)}", "a b;c|d<e>f&g(h)"),
        ("${UNSET:-'q}r'}", "q}r"),
        ('"${UNSET:-"a b"c\\}}"', "a bc}"),
        ('"${UNSET:-${EMPTY:-${SET}}}"', "set value"),
        ("{1,2}*[a-z]!", "{1,2}*[a-z]!"),
        ("x~", "x~"),
        ("b=~", "b=~"),
        ('""~', "~"),
    ],
)
def test_values_mean_what_they_mean_in_a_shell(text: str, value: str) -> None:
    assert value_of(text) == value


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("$(echo hi)", "echo hi"),
        ("$()", ""),
        ('`echo \\$X \\\\ \\"`', 'echo $X \\ \\"'),
        ('"`echo \\"a\\"`"', 'echo "a"'),
        ('"${UNSET:-`echo \\"q\\"`}"', 'echo \\"q\\"'),
        ("$(a | b && c > d)", "a | b && c > d"),
        ("$(case x in x) echo;; esac)", "case x in x) echo;; esac"),
        ("$(case x in (x) echo;; esac; :)", "case x in (x) echo;; esac; :"),
        ("$(if true; then case a in b) c;; esac; fi)", "if true; then case a in b) c;; esac; fi"),
        ("$(echo case)", "echo case"),
        ("$(echo # a ) comment '\n)", "echo # a ) comment '\n"),
        ('$(echo ")" \')\' \\) "$(b ")")" `c ")"`)', 'echo ")" \')\' \\) "$(b ")")" `c ")"`'),
        ('$(echo ${X:-)} ${X#\')\'} ${X:-")}"} "${X:-it\'s)}")', None),
        ("$(echo $((1 + (2))) $# $'\\')' <<< x)", None),
        ("$( (a) )", None),
        ("$(a < b)", None),
        ('$(echo a\\\\"b\\"c")', None),
    ],
)
def test_commands_stay_text(text: str, command: str | None) -> None:
    (assignment,) = parse_assignments(f"A={text}")
    (part,) = assignment.parts
    inner = part.default[0] if isinstance(part, Variable) and part.default else part
    assert isinstance(inner, Substitution)
    assert inner.command == (text[2:-1] if command is None else command)


def without_commands(text: str, *, in_table: bool = False) -> list[str]:
    """The commands in a value."""
    assignment = parse_value("A", text) if in_table else parse_assignments(f"A={text}")[0]
    return [part.command for part in assignment.parts if isinstance(part, Substitution)]


@pytest.mark.parametrize("text", ["${X%.c}", "${X/ /-}", "${#X}", "${X:+set}", "${X:0:1}", "$((1 + 2))", "$[3 * 4]"])
def test_what_goes_beyond_variables_is_left_to_the_machines_shell(text: str) -> None:
    assert without_commands(text) == [f'v={text}; printf %s "$v"']
    assert without_commands(f'"{text}"') == [f'v="{text}"; printf %s "$v"']
    assert without_commands(text, in_table=True) == [f'v="{text}"; printf %s "$v"']


@pytest.mark.parametrize(
    ("command", "dialect"),
    [
        ("echo a", Shell.SH),
        ("[ $X = 1 ]", Shell.SH),
        ("echo ${X%/} ${X:-a} $((1))", Shell.SH),
        *(
            (text, Shell.BASH)
            for text in ("[[ a ]]", "[ $X == 1 ]", "a=(1)", "cat <<< a", "echo ${X/a/b}", "echo ${X^}")
        ),
        *((text, Shell.BASH) for text in ("echo $'a'", "echo {1..3}", "cat <(echo)", "echo ${!X}", "echo ${X:1}")),
    ],
)
def test_only_bash_runs_what_only_bash_knows(command: str, dialect: Shell) -> None:
    (assignment,) = parse_assignments(f"A=$({command})")
    assert assignment.parts == (Substitution(command, dialect),)


def test_a_conditional_is_run_for_each_variable_that_it_assigns() -> None:
    text = 'if [ "$X" == x ]; then\n  if true; then export B=$A; fi\n  C="$B y"\nelse C=; fi'
    first, b, c, last = parse_assignments(f"A=1\n{text}; if=2")
    assert (first, last) == (EnvExpr("A", ("1",)), EnvExpr("if", ("2",)))
    assert b == EnvExpr("B", (Substitution(f'{text}\nprintf %s "$B"', Shell.BASH),))
    assert c == EnvExpr("C", (Substitution(f'{text}\nprintf %s "$C"', Shell.BASH),))


def test_assignments_stand_apart_by_white_space_new_lines_and_comments() -> None:
    text = "# first\nA=1  B='2 3'\t# rest C=9\n\nC=$A$B \\\n  D=\n#last"
    assert evaluate(parse_assignments(text), {}) == {"A": "1", "B": "2 3", "C": "12 3", "D": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CC_x86_64-unknown-linux-gnu=gcc A.b=2", {"CC_x86_64-unknown-linux-gnu": "gcc", "A.b": "2"}),
        ("LDFLAGS+=-x", {"LDFLAGS": "-l-x"}),
        ("LDFLAGS+=' -x' LDFLAGS+=\" $LDFLAGS\"", {"LDFLAGS": "-l -x -l -x"}),
        ("A=~ B=~/b C=/a:~/b D=a~b E='~' F=\"~\" G=\\~", None),
        ('A=$1b$$c$? B="$@"', {"A": "bc", "B": ""}),
    ],
)
def test_names_and_values_of_real_projects(text: str, expected: dict[str, str] | None) -> None:
    home = {"A": "/h", "B": "/h/b", "C": "/a:/h/b", "D": "a~b", "E": "~", "F": "~", "G": "~"}
    found = evaluate(parse_assignments(text), {"HOME": "/h", "LDFLAGS": "-l"})
    assert {name: found[name] for name in expected or home} == (expected or home)


def test_parts_are_as_few_as_can_be() -> None:
    assert parse_assignments("A=a'b'\"c\"$X\\d") == (EnvExpr("A", ("abc", Variable("X"), "d")),)
    assert parse_assignments("A='' ")[0].parts == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A=${}", "${} is not supported"),
        ("A=${X", "missing }"),
        ("A=$((1", "no closing parentheses"),
        ("if true; then A=1", "an if has no matching fi"),
        ('if [ -n "$A" ]; then A=1; B=2; fi', "cannot test A"),
        ("A=${X:-", "no closing brace"),
        ("A=~root/x", "the home directory of another user"),
        ("A=1; B=2", "with a space or a newline"),
        ("A=a|b", "quote it"),
        ("A=a&b", "quote it"),
        ("A=a>b", "quote it"),
        ("A=(1 2)", "arrays"),
        ("A=a)", "quote a parenthesis"),
        ("A=${X:-<(a)}", "<( is not supported"),
        ("A='x", "unclosed single quote"),
        ('A="x', "unclosed double quote"),
        ("A=`x", "unclosed backtick"),
        ("A=$'x", "unclosed $' quote"),
        ("A=$'\\xff'", "not a text character"),
        ("A=$'\\0'", "not a text character"),
        ("A=$'\\ud800'", "not a text character"),
        ("A=\"${X:-$'a'}\"", "remove the double quotes"),
        ('A="${X:-it\'s}"', "single quote is not supported"),
        ("A=$\\\nX", "next line"),
        ("A=$X\\\nY", "$X cannot continue"),
        ("A=$(echo", "no closing parenthesis"),
        ("A=$(echo $((1)", "no closing parentheses"),
        ("A=$(echo 'x)", "unclosed"),
        ("A=$(echo `x)", "unclosed"),
        ('A=$(echo "x)', 'missing "'),
        ("A=$(echo ${x)", "missing }"),
        ("A=$(cat <<E\nE\n)", "here-document"),
        ("export A=1", "remove export"),
        ("A[0]=1", "arrays"),
        ("A=1 word", "'word' is not an assignment"),
        ("2A=1", "not an environment variable name"),
        ("A-/B=1", "not an environment variable name"),
        ("A=1 ; B=2", "unexpected `;`"),
        ("=1", "unexpected `=`"),
    ],
)
def test_what_is_not_understood_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_assignments(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('say "hi"', 'say "hi"'),
        ('say \\"hi\\"', 'say "hi"'),
        ("C:\\dir\\", "C:\\dir\\"),
        ("\\\\ \\$X \\`", "\\ $X `"),
        ("it's; a | b ~ 'c' # d", "it's; a | b ~ 'c' # d"),
        ("a\\\nb", "ab"),
        ("-DA=1 \\\n-DB=2", "-DA=1 -DB=2"),
        ('$SET-${UNSET:-"it\'s\\}"}', 'set value-"it\'s}"'),
        ("$\\\n", "$"),
        ("", ""),
    ],
)
def test_a_value_of_a_table_is_as_between_double_quotes(text: str, value: str) -> None:
    assert evaluate([parse_value("A", text)], START)["A"] == value


def test_a_value_of_a_table_may_hold_commands() -> None:
    assert parse_value("A", 'x $(echo "a") `echo \\"b\\"`').parts == (
        "x ",
        Substitution('echo "a"'),
        " ",
        Substitution('echo "b"'),
    )


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("A/B", "1", "'A/B' is not an environment variable name"),
        ("A", "$((1)", "A: $(( has no"),
        ("A", '${X%"a"}', "A: a double quote in"),
        ("A", "${X:-$'a'}", "A: $' is not"),
    ],
)
def test_values_of_a_table_are_refused_with_their_name(name: str, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        parse_value(name, text)


def double_quoted(text: str) -> str:
    return '"' + "".join(f"\\{character}" if character in '$`"\\' else character for character in text) + '"'


def ansi_quoted(text: str) -> str:
    return "$'" + "".join(f"\\U{ord(character):08x}" for character in text) + "'"


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
quoters = st.sampled_from([shlex.quote, double_quoted, ansi_quoted])


@given(st.lists(st.tuples(texts, quoters), max_size=4), texts)
def test_quoting_goes_there_and_back(pieces: list[tuple[str, Callable[[str], str]]], tail: str) -> None:
    written = "".join(quote(text) for text, quote in pieces)
    read = parse_assignments(f"A={written}{shlex.quote(tail)} B=end")
    assert evaluate(read, {}) == {"A": "".join(text for text, _ in pieces) + tail, "B": "end"}


@given(texts.map(lambda text: text.replace("$", "").replace("`", "").replace("\\", "")))
def test_plain_text_in_a_table_is_itself(text: str) -> None:
    assert parse_value("A", text).parts == ((text,) if text else ())


names = st.sampled_from(["A", "B", "SET", "EMPTY", "UNSET"])
words = st.text("ab1=/.,@", max_size=4)


@st.composite
def values(draw: st.DrawFn, depth: int = 2) -> tuple[str, EnvExpr]:
    """A value as written, and as unmerged parts."""
    kind = draw(st.sampled_from(["word", "variable", "default"] if depth else ["word", "variable"]))
    if kind == "word":
        word = draw(words)
        return draw(st.sampled_from([word, f"'{word}'", f'"{word}"'])), EnvExpr("A", (word,))
    name = draw(names)
    if kind == "variable":
        return f"${{{name}}}", EnvExpr("A", (Variable(name),))
    inner, expression = draw(values(depth=depth - 1))
    or_empty = draw(st.booleans())
    return f"${{{name}{':' * or_empty}-{inner}}}", EnvExpr("A", (Variable(name, expression.parts, or_empty=or_empty),))


@given(st.lists(values(), max_size=5))
def test_random_values_evaluate_as_the_sum_of_their_pieces(pieces: list[tuple[str, EnvExpr]]) -> None:
    read = parse_assignments("A=" + "".join(text for text, _ in pieces))
    expected = EnvExpr("A", tuple(part for _, expression in pieces for part in expression.parts))
    assert evaluate(read, START) == evaluate([expected], START)


@given(st.text("AB=$(){}`'\"\\ \n#;|&<>~:-x", max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse_assignments(text)
