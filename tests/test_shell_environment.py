"""The environment language, compared with bash itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from cibw.config.shell import parse_assignments, parse_value
from cibw.model.templates import Substitution
from unit_test.config.shell_reference import evaluate

BASH = shutil.which("bash") or ""
NAMES = {"A", "B", "C", "CFLAGS", "D", "E", "F", "G", "_c"}
START = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "SET": "set value", "EMPTY": "", "HOME": "/home/someone"}

pytestmark = pytest.mark.skipif(not BASH, reason="bash is not installed")

TEXTS = [
    "A=1 B=2",
    "A=1\nB=$A$A\n\nC='three'",
    "A=a=b CFLAGS=-DX=1",
    "A=#x B=a#b",
    "A=1 # the rest is a comment B=2\nB=3 #C=4",
    "A=1 \\\n  B=2",
    "A=b\\\nc",
    "A=trailing\\",
    "A=C:\\foo B='C:\\foo' C=\"C:\\foo\"",
    'A=\'single $X "quotes"\' B="it\'s \\$X \\`x\\` \\"q\\" \\\\ \\z"',
    "A=$'a\\tb\\x41\\101\\u00e9\\U0001F600\\cA\\e\\z\\'\\\"\\?'",
    'A="$\'a\'" B="a$" C=$ D=a$,b E=$"locale"',
    "A=${SET:-no}${EMPTY:-default}${UNSET:-default}",
    "A=${SET-no}${EMPTY-no}${UNSET-default}",
    "A=${UNSET:-} B=${UNSET:-a b;c|d<e>f&g(h)} C=${UNSET:-{a}b}",
    "A=${UNSET:-'q}r'} B=${UNSET:-a\"b}c\"d} C=${UNSET:-a\\}b} D=${UNSET:-a\\b} E=${UNSET:-$'a\\tb'}",
    'B="${UNSET:-"a b"c}" C="${UNSET:-a\\}b}" D="${UNSET:-a\\b}" E="${UNSET:-~}"',
    'A="${UNSET:-\\$Y \\` \\\\ \\z \\"}" B="${UNSET:-${EMPTY:-${SET}}}"',
    'A=$UNSET B=${UNSET} C="$SET $UNSET"',
    "A={1,2} B=* C=[a-z] D=! E=x~ F=b=~/x G=^%@,./:-+",
    "A=$(echo hi) B=\"$(echo  'a  b')\" C=$(printf 'x\\n\\n')",
    "A=$(echo a; echo b | tr b c && echo d) B=$(echo $SET > /dev/null)",
    "A=$(case x in x) echo case;; esac) B=$(case x in (y) :;; (x) echo in;; esac; echo out)",
    "A=$(echo a # a comment with ) and '\n) B=$(echo b)",
    'A=$(echo "$(echo ")")" \')\' \\) "`echo \')\'`" ${UNSET:-)} "${UNSET:-it}")',
    "A=$(echo $((1 + (2 * 3))) $(echo nested $(echo deeper)))",
    'A=`echo \\$SET` B="`echo \\"a b\\"`" C=`printf %s a\\\\\\\\b` D="${UNSET:-`echo \\"q\\"`}"',
    "A=$(if true; then case b in a|b) echo yes;; esac; fi) B=$( (echo subshell) )",
    "A=$(for case in 1 2; do echo $case; done) B=$()",
    'A=$(echo ${SET#\'set )\'} "${SET%value}" $# "a # b" a#b)',
    "A='multi\nline' B=\"multi\nline\\\njoined\"",
    'A="a"\'b\'c"$SET"`echo d`$(echo e)',
    'A=${SET%value} B="${SET#set }" C=${SET/ /-} D=${#SET} E=${SET:+x}${UNSET:+y} F=${SET:0:2}${SET^^}',
    'A=$((1 + 2))x B="$(( ${#SET} * 2 ))" C=$[3 * 4] D="${SET%"value"}" E=${SET%%[ ]*}',
    'A=$(words=(one two); echo ${words[1]}) B=$([ "$SET" == "set value" ] && echo yes)',
    "A=$([[ $SET == s* ]] && echo yes)",
    'if [ -n "$SET" ]; then A=1; else A=2; fi\nB=$A',
    'A=1\nif [ "$SET" = "set value" ]; then\n  export B=$A$SET\n  C="$B y"\nfi\nD=4',
    "if true; then if false; then A=1; else A=2; fi; fi # so\nB=fi",
    "A=",
    "",
]


def by_bash(text: str) -> dict[str, str]:
    script = 'set -a; eval "$TEXT"; set +a; env -0'
    done = subprocess.run(
        [BASH, "-c", script], env={**START, "TEXT": text}, stdout=subprocess.PIPE, check=True, encoding="utf-8"
    )
    pairs = (entry.partition("=") for entry in done.stdout.split("\0") if entry)
    return {name: value for name, _, value in pairs if name in START or name in NAMES}


def by_sh(command: Substitution, environment: Mapping[str, str]) -> str:
    return subprocess.run(
        command.dialect.argv(command.command), env=environment, stdout=subprocess.PIPE, check=False, encoding="utf-8"
    ).stdout


def by_cibw(text: str) -> dict[str, str]:
    return evaluate(parse_assignments(text), START, by_sh)


@pytest.mark.parametrize("text", TEXTS)
def test_texts_mean_what_they_mean_in_bash(text: str) -> None:
    assert by_cibw(text) == by_bash(text)


PLAIN = ["a", "b1", "=", "#", ":", "/", ".", "-", "{", "}", ",", "$", "é", "@", "%", "^"]
ESCAPED = ["\\a", "\\\\", "\\ ", "\\$", '\\"', "\\'", "\\}", "\\\n"]
QUOTED = ["'s q'", "'\"'", '"d q"', '"\\$\\`\\\\"', '"\'"', '"\\\n"', '"\\n"', "$'\\t\\x41'"]
EXPANSIONS = ["${SET%e}", '"${SET#s}"', "${#SET}", "$((1+1))", '"${UNSET:+a}"', "${SET/ /'}'}"]
VARIABLES = ["$SET", "${SET}", "$EMPTY", "${UNSET}", "${UNSET:-d f}", "${EMPTY:-'e}'}", "${EMPTY-no}"]
NESTED = ['"${UNSET:-a\\}b $SET}"', '"${UNSET:-${SET}\\"}"', "${UNSET:-a\\}b$(echo })}"]
COMMANDS = ["$(echo c)", '"$(echo "x  y")"', "`echo t`", '"`echo \\"u\\"`"', "$(echo ')')"]
pieces = st.sampled_from([*PLAIN, *ESCAPED, *QUOTED, *VARIABLES, *EXPANSIONS, *NESTED, *COMMANDS])
values = st.lists(pieces, max_size=6).map("".join)
gaps = st.sampled_from([" ", "\n", "  \t", " # comment\n", " \\\n "])


SPECIAL_PARAMETERS = re.compile(r"\$[0-9@*#?$!-]")
"""They have values in bash, and none here, where no script runs."""


@st.composite
def assignment_texts(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(["A", "B", "_c", "SET"]), min_size=1, max_size=4))
    return "".join(f"{name}={draw(values)}{draw(gaps)}" for name in names)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(assignment_texts())
@example("A=a$ B=$")
def test_random_assignments_mean_what_they_mean_in_bash(text: str) -> None:
    assume(not SPECIAL_PARAMETERS.search(text))
    try:
        ours = by_cibw(text)
    except ValueError:
        # What is refused can't be silently wrong.
        return
    assert ours == by_bash(text)


@settings(max_examples=80, deadline=None)
@given(st.text(st.sampled_from("ab $`\"\\{}:-~'#"), max_size=12))
def test_a_table_value_is_what_double_quotes_make_of_it(text: str) -> None:
    assume(not SPECIAL_PARAMETERS.search(text))
    quoted = "".join('\\"' if character == '"' else character for character in text)
    try:
        ours = evaluate([parse_value("A", text)], START, by_sh)
    except ValueError:
        return
    if '"' not in text and not text.endswith("\\"):
        assert ours == by_bash(f'A="{quoted}"')
