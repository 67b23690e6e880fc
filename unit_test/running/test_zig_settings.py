from __future__ import annotations

import pytest

from cibw.running.zig_settings import ZigSettings


def test_settings_as_text() -> None:
    settings = ZigSettings(
        zig="/tools/my zig",
        target="x86_64-linux-gnu.2.17",
        dropped_prefixes=("/opt/a", "/opt/b"),
        compile_arguments=("-I/x y",),
        link_arguments=("-L/z",),
    )
    assert settings.to_text().splitlines() == [
        "zig /tools/my zig",
        "target x86_64-linux-gnu.2.17",
        "cpu baseline",
        "dropped /opt/a",
        "dropped /opt/b",
        "compile -I/x y",
        "link -L/z",
    ]


def test_a_line_break_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        ZigSettings(zig="/zig", target="x86_64-linux-musl", dropped_prefixes=("/a\nb",)).to_text()


def test_what_helps_the_cache_of_zig_is_said_where_it_is_wanted() -> None:
    settings = ZigSettings(zig="/zig", target="x86_64-linux-musl", links="/links", stands_in=True)
    assert settings.to_text().splitlines()[3:] == ["links /links", "stands-in yes"]
