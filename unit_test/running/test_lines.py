from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.running.lines import LINE_LIMIT, TEXT_LIMIT, LineSplitter, OutputSplitter


def lines_of(*chunks: bytes) -> list[str]:
    found: list[str] = []
    splitter = LineSplitter(found.append)
    for chunk in chunks:
        splitter.feed(chunk)
    splitter.close()
    return found


@pytest.mark.parametrize(
    ("chunks", "lines"),
    [
        ([b"one\ntwo\n"], ["one", "two"]),
        ([b"one\r\ntwo"], ["one", "two"]),
        ([b"one\r", b"\ntwo"], ["one", "two"]),
        ([b"\n\n"], ["", ""]),
        ([b"1%\r50%\r100%\ndone\n"], ["100%", "done"]),
        ([b"1%\r50%\r"], ["50%"]),
        ([b"caf\xc3", b"\xa9\n"], ["café"]),
        ([b"\xff\xfe\n"], ["\ufffd\ufffd"]),
        ([], []),
    ],
)
def test_lines_come_whole(chunks: list[bytes], lines: list[str]) -> None:
    assert lines_of(*chunks) == lines


@given(st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])), st.integers(1, 9))
def test_the_cut_of_the_pieces_makes_no_difference(text: str, size: int) -> None:
    raw = text.encode()
    pieces = [raw[start : start + size] for start in range(0, len(raw), size)]
    assert lines_of(*pieces) == text.removesuffix("\n").split("\n") if text else not lines_of(*pieces)


def test_a_line_without_end_is_handed_on_in_pieces() -> None:
    found: list[str] = []
    splitter = LineSplitter(found.append)
    for _ in range(40):
        splitter.feed(b"x" * 65536)
    assert found == ["x" * LINE_LIMIT] * 2
    splitter.close()
    assert sum(map(len, found)) == 40 * 65536


def test_a_long_progress_display_keeps_its_last_state() -> None:
    chunks = [b"%6d\r" % number for number in range(LINE_LIMIT // 3)]
    assert lines_of(*chunks) == [f"{LINE_LIMIT // 3 - 1:6d}"]


def test_both_streams_have_lines_of_their_own() -> None:
    found: list[tuple[str, bool]] = []
    splitter = OutputSplitter(lambda line, is_error: found.append((line, is_error)))
    for chunk, is_error in ((b"ou", False), (b"err\n", True), (b"t\r\n", False)):
        splitter.feed(chunk, is_error)
    assert splitter.close() == "out\r\n"
    assert found == [("err", True), ("out", False)]


def test_the_text_of_a_long_log_is_bounded() -> None:
    count = 0

    def count_lines(_line: str, _is_error: bool) -> None:
        nonlocal count
        count += 1

    splitter = OutputSplitter(count_lines)
    chunk = b"x" * (LINE_LIMIT // 2 - 1) + b"\n"
    for _ in range(40):
        splitter.feed(chunk, False)
    assert len(splitter.close()) == TEXT_LIMIT
    assert count == 40


def test_what_is_not_utf_8_is_read_in_the_encoding_of_the_system() -> None:
    lines: list[str] = []
    splitter = OutputSplitter(lambda line, _is_error: lines.append(line), "cp1252")
    splitter.feed(b"caf\xe9\n", is_error=False)
    splitter.feed("caf\u00e9\n".encode(), is_error=True)
    assert splitter.close() == "caf\u00e9\n"
    assert lines == ["caf\u00e9", "caf\u00e9"]
