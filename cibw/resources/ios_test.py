"""Installs a wheel into the testbed app of iOS, and runs tests there.

ios_test.py install PYTHON MULTIARCH DIRECTORY REQUIREMENT...   packages for the target, wheels alone
ios_test.py run PYTHON TESTBED ARGUMENT...                      the app, on the simulator that ARGUMENTs name or any
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

_LOWEST = "13.0"
# The default simulator device does not start in time there: actions/runner-images#12777.
_ON_GITHUB_MACOS_15 = ("--simulator", "iPhone 16e,OS=18.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The version of macOS, its processor, and whether it is a GitHub Actions runner."""

    version: str
    machine: str
    on_github: bool


def main(action: str, python: str, first: str, *rest: str) -> int:
    """Run the action named by the first argument, and return the exit code."""
    match action:
        case "install":
            return install(python, first, *rest)
        case "run":
            return run(python, first, *rest)
        case _:
            sys.exit(f"{action} is not an action of ios_test.py")


def install(python: str, multiarch: str, directory: str, *requirements: str) -> int:
    """Install requirements for the target, with the oldest iOS that the build supports."""
    lowest = os.environ.get("IPHONEOS_DEPLOYMENT_TARGET") or _LOWEST
    tag = f"ios_{lowest}_{multiarch}".replace(".", "_").replace("-", "_")
    options = ("--only-binary=:all:", "--platform", tag, "--target", directory)
    return call(python, "-m", "pip", "install", *options, *requirements)


def run(python: str, testbed: str, *arguments: str) -> int:
    """Run a module inside the app. The arguments after `--` are the module and its arguments."""
    version, _, machine = platform.mac_ver()
    host = Host(version=version, machine=machine, on_github=on_github(os.environ))
    chosen = simulator(arguments[: arguments.index("--")], host)
    return call(python, testbed, "run", *chosen, *arguments)


def on_github(environment: Mapping[str, str]) -> bool:
    """Whether this is a run of GitHub Actions, as `cibw/ci.py` detects it."""
    return environment.get("GITHUB_ACTIONS", "").strip().lower() not in ("", "0", "false")


def simulator(options: tuple[str, ...], host: Host) -> tuple[str, ...]:
    """Return the simulator option, or nothing if the user sets one or the testbed may choose."""
    is_slow = host.on_github and host.version.startswith("15.") and host.machine == "arm64"
    return _ON_GITHUB_MACOS_15 if is_slow and not any(one.startswith("--simulator") for one in options) else ()


def call(*command: str) -> int:
    """Run a command and return its exit code."""
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
