"""Converts a virtual environment on a Mac to one whose Python reports that it runs on iOS.

ios_cross.py ENVIRONMENT MULTIARCH SLICE SETTINGS PLACE

MULTIARCH names the target as `sys.implementation._multiarch` does (arm64-iphonesimulator). SLICE is the directory of
the XCframework for it, and SETTINGS the one with its sysconfig data. If SETTINGS contains a program
for this, as in BeeWare's archives, it is used. Otherwise PLACE gets the other files of the environment: the sysconfig
data, with the paths of this Mac, and the module that describes the target.
"""

from __future__ import annotations

import json
import pprint
import runpy
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_MODULE = "ios_site"
_OWN_PROGRAM = "make_cross_venv.py"


def main(environment: str, multiarch: str, framework: str, settings: str, place: str) -> None:
    """Set up the environment. Exit with a message if a part of the framework or Apple's SDK is missing."""
    require_sdk(multiarch.partition("-")[2])
    source = Path(settings)
    if not source.is_dir():
        sys.exit(f"The framework for {multiarch} has no {source}.\nRemove its directory from the cache and try again.")
    target = Path(place)
    target.mkdir(parents=True, exist_ok=True)
    if (source / _OWN_PROGRAM).exists():
        subprocess.run([f"{environment}/bin/python", source / _OWN_PROGRAM, environment], check=True)
        return
    lay_settings(source, Path(framework), target, multiarch)
    shutil.copy(Path(__file__).with_name(f"{_MODULE}.py"), target)
    hook = target / f"cibw_{_MODULE}.pth"
    hook.write_text(f"{target}\nimport {_MODULE}; {_MODULE}.become({multiarch!r})\n")
    for site_packages in Path(environment).glob("lib/python3*/site-packages"):
        shutil.copy(hook, site_packages)


def require_sdk(sdk: str) -> None:
    """Exit with a message if Xcode has no SDK of that name."""
    try:
        subprocess.run(["xcrun", "--sdk", sdk, "--show-sdk-path"], check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        sys.exit(
            f"Xcode has no SDK {sdk}.\nInstall Xcode with its iOS platform, and select it with `sudo "
            "xcode-select --switch`."
        )


def lay_settings(source: Path, framework: Path, target: Path, multiarch: str) -> None:
    """Copy the sysconfig data of the target, as a module and as JSON, with the paths of this Mac."""
    name = f"_sysconfigdata__ios_{multiarch}"
    if not (source / f"{name}.py").exists():
        sys.exit(f"{source} does not contain {name}.py, which has the compiler settings for {multiarch}.")
    values = runpy.run_path(str(source / f"{name}.py"))["build_time_vars"]
    text = pprint.pformat(here(values, framework))
    (target / f"{name}.py").write_text(f"build_time_vars = {text}\n")
    for file in source.glob(f"_sysconfig_vars__ios_{multiarch}.json"):
        (target / file.name).write_text(json.dumps(here(json.loads(file.read_text()), framework), indent=1))


def here(values: Mapping[str, object], framework: Path) -> dict[str, object]:
    """Return the sysconfig values with the framework's current path instead of its build path."""
    built = str(values["prefix"])

    def moved(value: object) -> object:
        if not isinstance(value, str):
            return value
        return value.replace(built, str(framework)).replace("-F .", f"-F {framework}")

    return {key: moved(value) for key, value in values.items()}


if __name__ == "__main__":
    main(*sys.argv[1:])
