from __future__ import annotations

import json
import os
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from cibw.resources.xbuild_files import replace, requirement


def installed(directory: Path, origin: str = "") -> Distribution:
    info = directory / "num-1.5.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: num\nVersion: 1.5\n")
    if origin:
        (info / "direct_url.json").write_text(json.dumps({"url": origin, "archive_info": {}}))
    return Distribution.at(info)


@pytest.mark.parametrize(("origin", "text"), [("", "num==1.5"), ("file:///num.whl", "num @ file:///num.whl")])
def test_the_distribution_that_is_installed(tmp_path: Path, origin: str, text: str) -> None:
    assert requirement(installed(tmp_path, origin), "num") == text


def test_files_of_the_target_take_the_place_of_the_hosts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target, site, cache = (tmp_path / name for name in ("target", "site", "cache"))
    for directory in (target / "num" / "lib", site / "num", cache):
        directory.mkdir(parents=True)
    (target / "num" / "config.h").write_text("target")
    (target / "num" / "lib" / "libnum.a").write_text("target")
    (cache / "config.h").write_text("host")
    os.link(cache / "config.h", site / "num" / "config.h")
    replace(target, site, ("num/config.h", "num/lib/libnum.a", "num/gone.h"))
    assert (site / "num" / "config.h").read_text() == "target"
    assert (site / "num" / "lib" / "libnum.a").read_text() == "target"
    assert (cache / "config.h").read_text() == "host"
    assert "does not contain num/gone.h" in capsys.readouterr().err
