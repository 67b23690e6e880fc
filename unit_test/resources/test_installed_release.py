"""Which modules a wheel brings."""

from __future__ import annotations

from cibw.resources.installed_release import top_level


def test_top_level_modules() -> None:
    files = (
        *("demo/__init__.py", "demo/_fast.cpython-312-x86_64-linux-gnu.so", "demo/data.json", "single.py"),
        *("_native.abi3.so", "native.cp312-win_amd64.pyd", "space/part/module.py", "tests/test_a.py"),
        *("demo-1.0.dist-info/METADATA", "demo-1.0.data/scripts/run.py", "../../../bin/demo", "demo.libs/libz.so"),
        *("__pycache__/single.cpython-312.pyc", "notes.txt", "../../etc/x.py"),
    )
    assert top_level(files) == ["_native", "demo", "native", "single", "space"]
