"""Scanner for the end of commands inside shell text: `$(...)` and backticks.

The command itself is not interpreted; the machine's shell runs it.
"""

from __future__ import annotations

import re

from cibw.config.bash_syntax import check_command
from cibw.config.shell_cursor import Cursor
from cibw.model.environment import Substitution
from cibw.model.shell import Shell

_PLAIN = re.compile(r"[^\s;&|()<>'\"`\\$#]+")
_SPACE = re.compile(r"[ \t\r]+")
_OPERATOR = re.compile(r"[;&|\n]+")
_COMMENT = re.compile(r"#[^\n]*")
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_SINGLE = re.compile(r"'[^']*'")
_ANSI = re.compile(r"\$'(?:[^'\\]|\\.)*'", re.DOTALL)
_BACKTICKS = re.compile(r"`(?:[^`\\]|\\.)*`", re.DOTALL)
_BASH = re.compile(r"\[\[|\s==\s|=\(|<<<|[<>]\(|\$'|\$\[|\$\{!|\$\{\w+(?:/|:[\d\s(]|\^|,|@|\[)|\{\w+\.\.\w+")
"""Syntax that dash and other POSIX shells do not support."""
_ASSIGNED = re.compile(r"(?:^|[;&|\n]|\b(?:then|else|do|export))\s*([A-Za-z_][A-Za-z0-9_]*)\+?=")
_CONDITION = re.compile(r"\b(?:if|elif)\b(.*?)\bthen\b", re.DOTALL)
_WRITE = 'printf %s "${name}"'
_BEFORE_COMMAND = {"if", "then", "elif", "else", "while", "until", "do", "!", "{", "time"}


def read_substitution(cursor: Cursor) -> Substitution:
    """Read a command and its closing parenthesis; the cursor is after `$(`.

    ValueError if the parenthesis is missing, or if the command contains a here-document.
    """
    start = cursor.position
    _CommandScanner(cursor).scan()
    return _checked(cursor.text[start : cursor.position - 1])


def read_expansion(cursor: Cursor, *, in_double_quotes: bool) -> Substitution:
    """Read `${...}`, `$((...))` or `$[...]` as a command that prints its value; the cursor is at the `$`."""
    start = cursor.position
    if cursor.skip("$["):
        _skip_until(cursor, "]", is_double=in_double_quotes)
    else:
        _skip_expansion(cursor, is_double=in_double_quotes)
    text = cursor.text[start : cursor.position]
    return _checked(
        f'v="{text}"; {_WRITE.format(name="v")}' if in_double_quotes else f"v={text}; {_WRITE.format(name='v')}"
    )


def read_conditional(cursor: Cursor) -> tuple[tuple[str, Substitution], ...]:
    """Read `if ...; fi` as the names that it assigns, each with a command that prints its value.

    The cursor is at the `if`. ValueError if `fi` is missing, and if a condition uses one of several assigned names:
    each command runs the whole statement after the earlier names have been assigned.
    """
    start = cursor.position
    _CommandScanner(cursor, is_conditional=True).scan()
    text = cursor.text[start : cursor.position]
    names = tuple(dict.fromkeys(_ASSIGNED.findall(text)))
    used = [name for name in names if re.search(rf"\$\{{?{name}\b", " ".join(_CONDITION.findall(text)))]
    if len(names) > 1 and used:
        raise ValueError(
            f"an if that assigns several variables cannot test {used[0]}, one of them; use a separate if for each"
        )
    return tuple((name, _checked(f"{text}\n{_WRITE.format(name=name)}")) for name in names)


def read_backticks(cursor: Cursor, *, in_double_quotes: bool) -> Substitution:
    """Read a command between backticks, and remove the backslashes that escape characters.

    The cursor is at the first backtick. ValueError if the second is missing.
    """
    quoted = cursor.take_match(_BACKTICKS)
    if not quoted:
        raise ValueError("unclosed backtick; use $(command)")
    escapes = r"\\([$`\\\"])" if in_double_quotes else r"\\([$`\\])"
    return _checked(re.sub(escapes, r"\1", quoted[1:-1]))


def _checked(command: str) -> Substitution:
    check_command(command)
    return Substitution(command, Shell.BASH if _BASH.search(command) else Shell.SH)


class _CommandScanner:
    """Reads commands up to the closing parenthesis, or a conditional up to its `fi`.

    `case` patterns end with a parenthesis, so open `case` words are counted.
    """

    def __init__(self, cursor: Cursor, *, is_conditional: bool = False) -> None:
        self.cursor = cursor
        self.is_conditional = is_conditional
        self.open_cases = 0
        self.open_ifs = 0
        self.expects_command = True

    def scan(self) -> None:
        with self.cursor.nested():
            self._scan()

    def _scan(self) -> None:
        while not self.cursor.at_end:
            if self.cursor.skip(")"):
                if not self.open_cases:
                    return
                self.expects_command = True
            else:
                self._scan_token()
                if self.is_conditional and not self.open_ifs:
                    return
        raise ValueError("an if has no matching fi" if self.is_conditional else "$( has no closing parenthesis")

    def _scan_token(self) -> None:
        cursor = self.cursor
        if cursor.take_match(_SPACE):
            return
        if cursor.take_match(_OPERATOR):
            self.expects_command = True
            return
        if cursor.peek() == "#" and cursor.previous() in " \t\r\n;&|()":
            cursor.take_match(_COMMENT)
            return
        if cursor.skip("("):
            _CommandScanner(cursor).scan()
            return
        word = cursor.take_match(_PLAIN)
        if word:
            self._note_word(word)
            return
        self.expects_command = False
        _skip_special(cursor)

    def _note_word(self, word: str) -> None:
        if self.expects_command and word == "case":
            self.open_cases += 1
        if self.expects_command and word == "esac":
            self.open_cases -= 1
        if self.expects_command:
            self.open_ifs += {"if": 1, "fi": -1}.get(word, 0)
        is_case_in = word == "in" and self.open_cases > 0
        self.expects_command = is_case_in or (self.expects_command and word in _BEFORE_COMMAND)


def _skip_special(cursor: Cursor) -> None:
    if cursor.skip("<<<"):
        return
    if cursor.skip("<<"):
        raise ValueError("here-documents are not supported inside $(...); use printf")
    if cursor.peek() == '"':
        cursor.take()
        _skip_until(cursor, '"', is_double=True)
        return
    if not _skip_quoted(cursor):
        _refuse_open_quote(cursor)
        cursor.take()


def _skip_quoted(cursor: Cursor) -> bool:
    for pattern in (_ESCAPED, _SINGLE, _ANSI):
        if cursor.take_match(pattern):
            return True
    return _skip_expansion(cursor, is_double=False)


def _skip_expansion(cursor: Cursor, *, is_double: bool) -> bool:
    if cursor.take_match(_BACKTICKS):
        return True
    if cursor.skip("$(("):
        _skip_arithmetic(cursor)
    elif cursor.skip("$("):
        _CommandScanner(cursor).scan()
    elif cursor.skip("${"):
        _skip_until(cursor, "}", is_double=is_double)
    else:
        return False
    return True


def _skip_until(cursor: Cursor, end: str, *, is_double: bool) -> None:
    with cursor.nested():
        _find_end(cursor, end, is_double=is_double)


def _find_end(cursor: Cursor, end: str, *, is_double: bool) -> None:
    while not cursor.at_end:
        if cursor.skip(end):
            return
        if cursor.skip('"'):
            _skip_until(cursor, '"', is_double=True)
        elif not _skip_inner(cursor, is_double=is_double):
            cursor.take()
    raise ValueError(f"missing {end}")


def _skip_inner(cursor: Cursor, *, is_double: bool) -> bool:
    if not is_double:
        return _skip_quoted(cursor)
    return bool(cursor.take_match(_ESCAPED)) or _skip_expansion(cursor, is_double=True)


def _skip_arithmetic(cursor: Cursor) -> None:
    depth = 2
    while depth:
        if cursor.at_end:
            raise ValueError("$(( has no closing parentheses")
        depth += {"(": 1, ")": -1}.get(cursor.take(), 0)


def _refuse_open_quote(cursor: Cursor) -> None:
    if cursor.peek() in {"'", "`"}:
        raise ValueError(f"unclosed {cursor.peek()} inside $(...)")
