"""Makes the Python of a build environment describe itself as the Python of an Android device.

It is installed into the site-packages of the environment, beside the `_sysconfigdata_*.py` of the target, and
imported whenever that Python starts. It does nothing unless CIBW_HOST_TRIPLET (`aarch64-linux-android`) is set, so
the same environment also runs tools for the host.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_KERNEL = ("Linux", "localhost", "3.18.91+", "#1 SMP PREEMPT")
"""As reported by an emulator of API level 24. Nothing is known to depend on them."""


def simulate(triplet: str) -> None:
    """Change the values of `sys`, `os`, `platform` and `sysconfig` to those of Android (PEP 738)."""
    # ctypes gets the name of the Python library from sysconfig, which would be that of the device.
    __import__("ctypes")
    import platform
    import sysconfig

    data = next(Path(__file__).parent.glob("_sysconfigdata_*.py"))
    machine = os.uname_result((*_KERNEL, triplet.partition("-")[0]))
    vars(os).update(name="posix", uname=lambda: machine)
    vars(sys.implementation).update(_multiarch=triplet)
    vars(sys).update(
        platform="android",
        abiflags=data.name.split("_")[2],
        getandroidapilevel=lambda: int(str(sysconfig.get_config_var("ANDROID_API_LEVEL"))),
        cross_compiling=True,
    )
    # Python fills the variables only once, and may have done so for the host.
    vars(sysconfig)["_init_config_vars"]()
    _point_to_target(sysconfig.get_config_vars())
    if hasattr(platform, "android_ver"):
        _describe_device()


def _point_to_target(variables: dict[str, str]) -> None:
    """Make paths such as the include directory point to the target, without changing the prefixes of `sys`."""
    prefix = variables.get("host_prefix") or variables["exec_prefix"]
    variables.update(installed_base=prefix, installed_platbase=prefix)


def _describe_device() -> None:
    import platform

    level = vars(sys)["getandroidapilevel"]()
    kind = vars(platform)["AndroidVer"]
    # The Android version cannot be derived from the level, so the text is one that cannot be parsed as a version.
    device = kind(f"API level {level}", level, "Google", "sdk_gphone64", "emu64", True)
    vars(platform)["android_ver"] = lambda *_defaults, **_named: device


if os.environ.get("CIBW_HOST_TRIPLET"):
    simulate(os.environ["CIBW_HOST_TRIPLET"])
