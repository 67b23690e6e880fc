from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.running.zig_settings import ZigSettings, multiarch

values = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1)
many = st.lists(values, max_size=3).map(tuple)


@given(
    st.builds(
        ZigSettings, target=values, cpu=values, dropped_prefixes=many, compile_arguments=many, link_arguments=many
    )
)
def test_settings_survive_as_text(settings: ZigSettings) -> None:
    text = settings.to_text()
    read = ZigSettings.from_text(text)
    assert read.to_text() == text
    assert (read.target, read.cpu, read.dropped_prefixes) == (settings.target, settings.cpu, settings.dropped_prefixes)
    assert (read.compile_arguments, read.link_arguments) == (settings.compile_arguments, settings.link_arguments)


def test_a_line_break_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        ZigSettings(target="x86_64-linux-musl", dropped_prefixes=("/a\nb",)).to_text()


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("x86_64-linux-gnu.2.17", "x86_64-linux-gnu"),
        ("x86-linux-gnu.2.17", "i386-linux-gnu"),
        ("arm-linux-musleabihf", "arm-linux-musleabihf"),
    ],
)
def test_multiarch(target: str, expected: str) -> None:
    assert multiarch(target) == expected
