from __future__ import annotations

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.reporting.codecs import json_text
from cibw.reporting.masking import Masker
from cibw.reporting.streams import (
    GuardedStream,
    Level,
    LogGroupStyle,
    annotation,
    close_group,
    neutral,
    neutral_json,
    neutral_line,
    open_group,
    write_command,
)
from cibw.reporting.terminal import TerminalStyle

COMMANDS = [
    ("##vso[task.setvariable variable=X]1", "# #vso[task.setvariable variable=X]1"),
    ("text ##[group]x", "text # #[group]x"),
    ("##[add-mask]x", "# #[add-mask]x"),
    ("##teamcity[testStarted name='x']", "# #teamcity[testStarted name='x']"),
    ("::set-output name=x::1", ": :set-output name=x::1"),
    ("  \t::add-mask::x", "  \t: :add-mask::x"),
    ("one\n::error::x\n::stop-commands::y", "one\n: :error::x\n: :stop-commands::y"),
    ("travis_fold:start:x", "travis_ fold:start:x"),
    ("section_start:1:x\r\x1b[0Kx", "section_ start:1:xx"),
    ("section_end:1:x", "section_ end:1:x"),
]
"""What CIs act on, and what is left of it."""
HARMLESS = ["std::vector<int>", "a::b", "# heading", "##", "## [1] notes", "travis_folder", "::1 is loopback", "1 ::x"]
CONTROLS = [
    ("a\x1b[2J\x1b[1;1Hb", "ab"),
    ("a\x1b]52;c;ZXZpbA==\x07b", "ab"),
    ("a\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
    ("a\x1b]0;title\x9cb", "ab"),
    ('a\x1bP$q"p\x1b\\b', "ab"),
    ("a\x1b_bk;t=1\x07b", "ab"),
    ("a\x1b[?1049hb\x1bcc\x1b7d\x1b#8e", "abcde"),
    ("a\x9b2Jb\x9d0;x\x07c", "abc"),
    ("a\x1b[6nb\x1b[>ch\x1b", "abh"),
    ("a\x1b]0;never ends", "a"),
    ("a\x08\x08b\x7f\x00\x0c", "ab"),
    ("wheel\u202egnp.exe", "wheelgnp.exe"),
]


@pytest.mark.parametrize(("text", "shown"), COMMANDS)
def test_a_ci_acts_on_nothing(text: str, shown: str) -> None:
    assert neutral(text, colour=False) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert neutral(text, colour=True) == text
    assert neutral_json(json.dumps(text)) == json.dumps(text)


@pytest.mark.parametrize(("text", "shown"), CONTROLS)
@pytest.mark.parametrize("colour", [False, True])
def test_a_terminal_acts_on_nothing(text: str, shown: str, colour: bool) -> None:
    assert neutral(text, colour=colour) == shown


@pytest.mark.parametrize("code", ["0", "1;31", "38;5;8", "38;2;8;8;8", "4:3", ""])
def test_colours_may_stay(code: str) -> None:
    assert neutral(f"\x1b[{code}mx", colour=True) == f"\x1b[{code}mx"
    assert neutral(f"\x1b[{code}mx", colour=False) == "x"


@pytest.mark.parametrize("code", ["8", "1;8", "08", "38;5;1;8"])
def test_nothing_is_hidden(code: str) -> None:
    assert neutral(f"\x1b[{code}mhidden", colour=True) == "hidden"


def test_of_a_progress_bar_the_last_state_is_left() -> None:
    assert neutral_line("10 %\r20 %\r", colour=False) == "20 %"
    assert neutral_line("\x1b[31mred", colour=True) == "\x1b[31mred\x1b[0m"


ANY = st.lists(st.sampled_from([*"#[:_ax \n\t\r\x1b]", "##", "::", "vso[", "travis", "fold:", "\x9b"])).map("".join)
POWER = re.compile(r"##(?:\[|[a-z]+\[)|^\s*::[a-z]|travis_fold:|\x1b|\x9b|\r", re.MULTILINE)


@given(ANY | st.text())
def test_no_text_is_left_with_power(text: str) -> None:
    shown = neutral(text, colour=False)
    assert POWER.search(shown) is None
    assert neutral(shown, colour=False) == shown


@given(st.recursive(ANY | st.text(), st.lists))
def test_json_means_the_same(value: object) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert POWER.search(text) is None
    assert neutral(text, colour=False) == text


@pytest.mark.parametrize("style", LogGroupStyle)
def test_titles_and_messages_give_no_commands_of_their_own(style: LogGroupStyle) -> None:
    evil = "x\n::error::##vso[task.x]\x1b[2J"
    lines = [
        open_group(style, evil, key=evil, now=0),
        close_group(style, key=evil, now=0),
        annotation(style, Level.ERROR, evil, evil),
    ]
    for line in lines:
        assert "\n" not in line
        assert "##vso[task.x]" not in line
        assert "\x1b[2J" not in line


def guarded() -> tuple[GuardedStream, io.StringIO]:
    inner = io.StringIO()
    return GuardedStream(inner, Masker({"A_TOKEN": "hush-hush"})), inner


def test_all_that_is_printed_is_masked_and_harmless() -> None:
    stream, inner = guarded()
    print("say hush-hush\x1b[2J", "##[group]", file=stream)
    print("::error::x", file=stream)
    stream.writelines(["a", "::b\n", "::c\n"])
    assert inner.getvalue() == "say *** # #[group]\n: :error::x\na::b\n: :c\n"
    assert stream.write("hush-hush") == len("hush-hush")


def test_what_cibw_says_itself_passes() -> None:
    stream, inner = guarded()
    write_command(stream, "::group::x\n")
    write_command(inner, "\r\x1b[K")
    assert inner.getvalue() == "::group::x\n\r\x1b[K"


def test_a_guarded_stream_is_like_the_one_behind_it() -> None:
    inner = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    stream = GuardedStream(inner, str)
    assert (stream.encoding, stream.isatty()) == ("ascii", False)
    with pytest.raises(io.UnsupportedOperation):
        stream.fileno()
    stream.write("x")
    stream.flush()
    assert inner.buffer.read1() == b"" or inner.buffer.tell() == 1


@pytest.mark.parametrize("style", [TerminalStyle(), TerminalStyle(colour=True)])
def test_a_line_of_output_is_clean(style: TerminalStyle) -> None:
    assert "##vso[" not in style.clean("##vso[task.x]\x1b]52;c;x\x07")
    assert "\x1b]" not in style.clean("##vso[task.x]\x1b]52;c;x\x07")


@pytest.mark.parametrize(
    "piece", ["\n", " \n", "\x1b", "\x1b[0", "\x1b]", "#", "##", ":", "::a", "\x1b[38;2;1;", "travis_"]
)
def test_a_hostile_text_of_a_megabyte_takes_linear_time(piece: str) -> None:
    """Anything else would take minutes."""
    neutral(f"::a\n##[{piece * (2**20 // len(piece))}", colour=True)
