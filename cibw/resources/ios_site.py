"""Makes the Python of a Mac report that it runs on iOS. Called by a `.pth` file of a cross environment.

It is in a directory of its own, beside the sysconfig data of the target and the `.pth` file, which is copied to
every environment created inside the cross environment, such as those of build frontends.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

_LOWEST = "13.0"
_HOOK = Path(__file__).with_name("cibw_ios_site.pth")
_ASK_WHEN_IMPORTED = (subprocess,)
"""Modules that query the platform when they are imported. They must be imported before the values change."""


def become(multiarch: str) -> None:
    """Report a target, such as arm64-iphoneos, wherever Python is asked for its platform."""
    values = __import__(f"_sysconfigdata__ios_{multiarch}").build_time_vars
    prefix = str(values["prefix"])
    _set(sys, platform="ios", cross_compiling=True, base_prefix=prefix, base_exec_prefix=prefix)
    _set(sys.implementation, _multiarch=multiarch)
    lowest = str(values.get("IPHONEOS_DEPLOYMENT_TARGET") or _LOWEST)
    _answer_sysconfig(prefix, f"ios-{lowest}-{multiarch}")
    _answer_platform(multiarch, lowest)
    sys.meta_path.insert(0, _WhenImported())


def _set(target: object, **values: object) -> None:
    for name, value in values.items():
        setattr(target, name, value)


def _answer_sysconfig(prefix: str, name: str) -> None:
    _set(sysconfig, _BASE_PREFIX=prefix, _BASE_EXEC_PREFIX=prefix, get_platform=lambda: name)
    # Cached values are those of the Mac.
    vars(sysconfig)["_init_config_vars"]()


def _answer_platform(multiarch: str, lowest: str) -> None:
    processor, _, sdk = multiarch.partition("-")
    info = vars(platform)["IOSVersionInfo"]

    def uname() -> object:
        return platform.uname_result("iOS", "build", lowest, "", processor)

    def ios_ver(system: str = "", release: str = "", model: str = "", is_simulator: bool = False) -> object:
        is_simulated = is_simulator or sdk == "iphonesimulator"
        return info(system or "iOS", release or lowest, model or sdk, is_simulated)

    _set(platform, uname=uname, ios_ver=ios_ver)


class _WhenImported(MetaPathFinder):
    """Patches modules that create environments when they are imported."""

    def find_spec(self, name: str, *_where: object) -> ModuleSpec | None:
        """Return the spec of such a module, whose loader patches it, or None for other modules."""
        change = _CHANGES.get(name)
        if change is None:
            return None
        sys.meta_path.remove(self)
        try:
            spec = find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def load_and_change(module: ModuleType) -> None:
            load(module)
            change(module)

        _set(spec.loader, exec_module=load_and_change)
        return spec


def _spread(environment: str | os.PathLike[str]) -> None:
    for site_packages in Path(environment).glob("lib/python3*/site-packages"):
        shutil.copy(_HOOK, site_packages)


def _change_venv(module: ModuleType) -> None:
    create = module.EnvBuilder.create

    def create_and_spread(builder: object, env_dir: str) -> None:
        create(builder, env_dir)
        _spread(env_dir)

    _set(module.EnvBuilder, create=create_and_spread)


def _change_virtualenv(module: ModuleType) -> None:
    run = module.cli_run

    def run_and_spread(*arguments: object, **options: object) -> object:
        session = run(*arguments, **options)
        _spread(str(session.creator.dest))
        return session

    _set(module, cli_run=run_and_spread)


_CHANGES: dict[str, Callable[[ModuleType], None]] = {"venv": _change_venv, "virtualenv": _change_virtualenv}
