"""Run by cibuildwheel's Python: its options for each identifier, as JSON.

python cibuildwheel_side.py < calls.json > answers.json
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace as Foreign

BASE = {"PATH": os.environ.get("PATH", ""), "HOME": "/home"}
PLACES = {
    "project": "<project>",
    "package": "<project>",
    "wheel": "<wheel>",
    "abi3_wheel": "<wheel>",
    "dest_dir": "<repaired>",
}
HOOK = ("project", "package")
Value = object
# Objects of the peer are taken for name spaces, because its types are not known where this is checked.


def main() -> None:
    """Answer the calls of standard input, in order."""
    calls = json.load(sys.stdin)
    # Names of images stay as they were written, instead of becoming references.
    vars(importlib.import_module("cibuildwheel.options"))["_get_pinned_container_images"] = lambda: defaultdict(dict)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        stdout, sys.stdout = sys.stdout, nowhere
        answers = [answer(**call) for call in calls]
        sys.stdout = stdout
    json.dump(answers, sys.stdout)


def answer(directory: str, platform: str, environment: dict[str, str], **_others: Value) -> dict[str, Value]:
    """The options of every identifier that the configuration selects, or the error that it brings."""
    os.chdir(directory)
    try:
        return {"options": _all_options(platform, environment)}
    except (Exception, importlib.import_module("cibuildwheel.errors").FatalError) as error:  # noqa: BLE001 - it ends the peer
        return {"error": f"{type(error).__name__}: {error}"}


def _all_options(platform: str, environment: dict[str, str]) -> dict[str, dict[str, Value]]:
    options = importlib.import_module("cibuildwheel.options")
    platforms = importlib.import_module("cibuildwheel.platforms")
    arguments = options.CommandLineArguments.defaults()
    arguments.platform, arguments.archs, arguments.enable = platform, "all", ["all"]
    resolved = options.Options(platform=platform, command_line_arguments=arguments, env=environment)
    chosen = resolved.globals
    module = platforms.ALL_PLATFORM_MODULES[platform]
    found = platforms.get_build_identifiers(module, chosen.build_selector, chosen.architectures)
    return {name: _values(resolved.build_options(name), name) for name in found}


def _values(options: Foreign, name: str) -> dict[str, Value]:
    frontend, engine = options.build_frontend, options.container_engine
    return {
        "before-all": _filled(options.before_all, HOOK),
        "before-build": _filled(options.before_build, HOOK),
        "before-test": _filled(options.before_test, HOOK),
        "repair-wheel-command": _filled(options.repair_command, (*HOOK, "wheel", "dest_dir")),
        "test-command": _filled(options.test_command, (*HOOK, "wheel")),
        "audit-command": [_filled(text, (*HOOK, "wheel", "abi3_wheel")) for text in options.audit_command],
        "config-settings": _settings(options.config_settings),
        "environment": _variables(options.environment),
        "test-environment": _variables(options.test_environment),
        "build-frontend": [frontend.name, list(frontend.args)],
        "container-engine": [engine.name, list(engine.create_args), engine.disable_host_mount],
        "dependency-versions": _dependency_versions(options.dependency_constraints, name),
        "image": _image(options, name),
        "test-requires": list(options.test_requires),
        "test-extras": [text.strip() for text in options.test_extras.strip("[]").split(",") if text.strip()],
        "test-sources": list(options.test_sources),
        "test-runtime": list(options.test_runtime.args),
        "audit-requires": list(options.audit_requires),
        "build-verbosity": options.build_verbosity,
        "xbuild-tools": options.xbuild_tools,
        "xbuild-files": {package: list(files) for package, files in options.xbuild_files.items()},
        "pyodide-version": options.pyodide_version or "",
    }


def _filled(text: str | None, names: tuple[str, ...]) -> str:
    helpers = importlib.import_module("cibuildwheel.util.helpers")
    return str(helpers.format_safe(text or "", **{name: PLACES[name] for name in names}))


def _settings(text: str) -> dict[str, list[str]]:
    frontend = importlib.import_module("cibuildwheel.frontend")
    prepared = frontend.prepare_config_settings(text, project="<project>", package="<project>")
    parsed = frontend.parse_config_settings(prepared)
    return {key: value if isinstance(value, list) else [value] for key, value in parsed.items()}


def _variables(environment: Foreign) -> Value:
    try:
        found = environment.as_dictionary(BASE, _output)
    except (subprocess.CalledProcessError, OSError):
        return "a command failed"
    return {name: value for name, value in found.items() if BASE.get(name) != value}


def _output(command: list[str], environment: dict[str, str]) -> str:
    return subprocess.run(command, env=environment, text=True, check=True, capture_output=True).stdout


def _dependency_versions(constraints: Foreign, name: str) -> Value:
    resources = importlib.import_module("cibuildwheel.util.resources")
    if constraints.packages:
        return "".join(f"{package}\n" for package in constraints.packages)
    if constraints.base_file_path is None:
        return ""
    if constraints.base_file_path == resources.CONSTRAINTS.resolve():
        return "pinned"
    variant = "pyodide" if "pyodide" in name else "python"
    digits = name.split("-", maxsplit=1)[0].split("_", maxsplit=1)[0].strip("cpgt")
    version = f"{digits[0]}.{digits[1:]}"
    path = constraints.get_for_python_version(version=version, variant=variant, tmp_dir=Path())
    return path.read_text(encoding="utf-8")


def _image(options: Foreign, name: str) -> str:
    family, _, architecture = name.partition("-")[2].partition("_")
    images = {"manylinux": options.manylinux_images, "musllinux": options.musllinux_images}.get(family)
    return str(images[architecture]) if images else ""


if __name__ == "__main__":
    main()
