"""Shell syntax: checks with bashlex, quotes, and the end of commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cibw.model.templates import Shell, Substitution

# Syntax checks of shell commands in the configuration, with bashlex.

_LONGEST = 20_000
"""bashlex parses about 40 characters per millisecond, and hand-written commands are shorter than this."""
_NEWER_THAN_THE_LIBRARY = ("[[", "((", "=(", "case ", "select ", "coproc ")


def check_command(command: str) -> None:
    """Raise ValueError for a command with a syntax error.

    bashlex supports most of bash, but not all of it. Unsupported syntax and very long commands are not checked.
    """
    if not command.strip() or len(command) > _LONGEST or any(word in command for word in _NEWER_THAN_THE_LIBRARY):
        return
    from bashlex import parse  # importing it takes 50 ms, and few configurations contain commands
    from bashlex.errors import ParsingError

    try:
        parse(command)
    except ParsingError as error:
        raise ValueError(f"cannot parse the command `{command}`: {error.message}") from None
    except (RuntimeError, AttributeError, IndexError, TypeError):
        # bashlex fails with one of these for bash syntax that it does not support.
        return


# A cursor for reading shell text.

_DEEPEST = 50


@dataclass(slots=True)
class Cursor:
    """A text and the position up to which it has been read."""

    text: str
    position: int = 0
    depth: int = 0

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Enter a nesting level for the duration of the context; ValueError if the text is nested too deeply."""
        if self.depth >= _DEEPEST:
            raise ValueError(f"quotes, braces and parentheses are nested more than {_DEEPEST} levels deep")
        self.depth += 1
        yield
        self.depth -= 1

    @property
    def at_end(self) -> bool:
        """Whether the whole text has been read."""
        return self.position >= len(self.text)

    def peek(self, length: int = 1) -> str:
        """The next characters, fewer at the end of the text."""
        return self.text[self.position : self.position + length]

    def previous(self) -> str:
        """The character before; empty at the start."""
        return self.text[self.position - 1 : self.position] if self.position else ""

    def take(self, length: int = 1) -> str:
        """Read the next characters."""
        taken = self.peek(length)
        self.position += length
        return taken

    def skip(self, prefix: str) -> bool:
        """Read this text if it comes next; return whether it did."""
        found = self.text.startswith(prefix, self.position)
        self.position += len(prefix) * found
        return found

    def take_match(self, pattern: re.Pattern[str]) -> str:
        """Read what the pattern matches here; empty if it does not match."""
        match = pattern.match(self.text, self.position)
        return self.take(match.end() - self.position) if match else ""


# Shell quotes without expansions: `'...'` and `$'...\n...'`.

_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    "'": "'",
    '"': '"',
    "?": "?",
}
_CODE = re.compile(r"x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|([0-7]{1,3})|c([\x40-\x7f])")


def read_single(cursor: Cursor) -> str:
    """Read the text in single quotes; the cursor is after the first quote."""
    end = cursor.text.find("'", cursor.position)
    if end < 0:
        raise ValueError("unclosed single quote")
    return cursor.take(end - cursor.position + 1)[:-1]


def read_ansi(cursor: Cursor) -> str:
    """Read the text in `$'...'`, with its escapes; the cursor is after the first quote.

    ValueError for a missing quote, and for escapes of bytes that are not text.
    """
    pieces: list[str] = []
    while not cursor.at_end:
        if cursor.skip("'"):
            return "".join(pieces)
        pieces.append(_escaped(cursor) if cursor.skip("\\") else cursor.take())
    raise ValueError("unclosed $' quote")


def _escaped(cursor: Cursor) -> str:
    simple = _SIMPLE.get(cursor.peek())
    if simple is not None:
        cursor.take()
        return simple
    code = _CODE.match(cursor.text, cursor.position)
    if code is None:
        return "\\"
    cursor.take(len(code[0]))
    return _character(code)


def _character(code: re.Match[str]) -> str:
    byte, short, long, octal, control = code.groups()
    if control is not None:
        number = ord(control.upper()) & 0x1F
    else:
        number = int(octal, 8) if octal is not None else int(byte or short or long, 16)
    is_byte = byte is not None or octal is not None
    if number == 0 or number > 0x10FFFF or 0xD800 <= number <= 0xDFFF or (is_byte and number > 0x7F):
        raise ValueError(rf"$'\{code[0]}' is not a text character; use its Unicode code point, as in $'\u00e9'")
    return chr(number)


# Scanner for the end of commands inside shell text: `$(...)` and backticks.
#
# The command itself is not interpreted; the machine's shell runs it.

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
