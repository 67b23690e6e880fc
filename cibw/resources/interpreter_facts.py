"""Prints facts about a Python as JSON. Runs in any Python from 3.7 on."""

from __future__ import annotations

import json
import os
import pathlib
import platform
import sys
import sysconfig


def facts() -> dict[str, str]:
    """Return the facts as strings, or nothing if this Python cannot build extensions or is a virtual environment."""
    variables = sysconfig.get_config_vars()
    include = sysconfig.get_paths()["include"]
    is_32_bit = sys.maxsize < 2**32
    if is_32_bit or sys.prefix != sys.base_prefix or not pathlib.Path(os.path.join(include, "Python.h")).exists():
        return {}
    triplets = str(variables.get("MULTIARCH")) + str(variables.get("HOST_GNU_TYPE"))
    return {
        "implementation": platform.python_implementation().lower(),
        "major": str(sys.version_info[0]),
        "minor": str(sys.version_info[1]),
        "free_threaded": str(int(bool(variables.get("Py_GIL_DISABLED")))),
        "libc": "musl" if "musl" in triplets else "glibc",
        "machine": platform.machine(),
        "path": sys.executable,
    }


if __name__ == "__main__":
    print(json.dumps(facts()))
