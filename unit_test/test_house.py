"""The checks of the house rules find what they should."""

from __future__ import annotations

import pytest
from check_house import FILE_LINES, Finding, check_text


def messages(*findings: Finding) -> list[str]:
    return [finding.message for finding in findings]


def test_long_files_are_found() -> None:
    text = "\n" * FILE_LINES
    assert messages(*check_text("cibw/a.py", text + "\n")) == ["701 lines; a file has up to 700"]
    assert not messages(*check_text("cibw/a.py", text), *check_text("docs/a.md", text + "\n"))


@pytest.mark.parametrize(
    ("path", "text", "number"),
    [
        ("unit_test/a.py", "monkeypatch." + "setattr(a, 'b', 1)", 1),
        ("unit_test/a.py", "monkeypatch.setenv('a', 'b')", 0),
        ("tests/a.py", "monkeypatch." + "setattr(a, 'b', 1)", 0),
    ],
)
def test_patches_in_unit_tests_are_found(path: str, text: str, number: int) -> None:
    assert len(messages(*check_text(path, text))) == number


def test_the_hosts_of_registries_are_found() -> None:
    host = "https://" + "py" + "pi.org/simple"
    assert messages(*check_text("README.md", f"see\n{host}\n")) == ["names the host of a package registry"]
    assert not messages(*check_text("README.md", "https://example.org/simple"))
