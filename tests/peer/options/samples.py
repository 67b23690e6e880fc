"""Values that each option may have; each in the forms that a file has, strings for variables too."""

from __future__ import annotations

COMMANDS: tuple[object, ...] = (
    "make -C {project}",
    "echo #{project} {package}/x {other}",
    ["echo 'a b'", "pip install {package}"],
    "",
    "a && b",
    ["one"],
)
TESTS: tuple[object, ...] = (
    "pytest {project}/tests",
    ["python -c 'import x'", "pytest {wheel}"],
    "",
    "pytest {package}",
)
REQUIREMENTS: tuple[object, ...] = (["pytest>=8", "a b"], "pytest 'x >= 1'", [], ["numpy"], "hypothesis[cli] mypy", "")
WORDS: tuple[object, ...] = (["ONE", "TWO"], "TWO THREE", [], "", ["FOUR"])
VARIABLES: tuple[object, ...] = (
    {"A": "1", "B": "$A/x", "C": 3},
    "A=1 B=\"$A y\" C='$A'",
    {"P": "$(echo one two)/bin:$HOME", "TRUTH": True},
    'A="$A:more" Q=$(echo $(echo nested))',
    {"LD": "${A}/lib:$LD", "EMPTY": ""},
    {},
    "",
)
IMAGES: tuple[object, ...] = ("manylinux2014", "manylinux_2_28", "example.org/own/image:1", "", "musllinux_1_2")
SAMPLES: dict[str, tuple[object, ...]] = {
    "before-all": COMMANDS,
    "before-build": COMMANDS,
    "before-test": COMMANDS,
    "repair-wheel-command": (
        "auditwheel repair -w {dest_dir} {wheel}",
        "",
        ["a {wheel}", "b {dest_dir}"],
        "echo {project}",
    ),
    "test-command": TESTS,
    "test-requires": REQUIREMENTS,
    "audit-requires": REQUIREMENTS,
    "test-sources": (["tests", "with blank"], "tests data", [], "", ["pyproject.toml"]),
    "test-extras": (["test", "fast"], "test,slow", [], "", "one"),
    "test-groups": (["test"], "test docs", [], ""),
    "audit-command": ("abi3audit {abi3_wheel}", ["check {wheel}", "b {abi3_wheel}"], "a {wheel} && b {wheel}", "", []),
    "config-settings": (
        {"a": "1", "b": ["2", "x y"]},
        "a=2 c='3 4'",
        {"a": True, "d": "{project}/x"},
        "b=9 b=10",
        {},
        "",
    ),
    "environment": VARIABLES,
    "test-environment": VARIABLES,
    "environment-pass": WORDS,
    "xbuild-tools": (["cmake", "ninja"], "cmake rustc", [], "", ["cargo"]),
    "xbuild-files": (
        {"numpy": ["a.h", "b.a"]},
        "numpy: x.h y.h; scipy: z",
        {"scipy": "one two"},
        {},
        {"numpy": ["only.h"], "cffi": ["c.h"]},
    ),
    "test-runtime": ({"args": ["--managed", "a b"]}, "args: --simulator 'iPhone 16'", {}, "", {"args": "--x y"}),
    "build-verbosity": (0, 1, -2, 3, 9, "2", "-1", ""),
    "build-frontend": (
        "build",
        "pip; args: --no-deps 'x y'",
        {"name": "build[uv]", "args": ["--a", "b c"]},
        "default",
        "uv",
        {"name": "pip"},
    ),
    "dependency-versions": (
        "pinned",
        "latest",
        {"packages": ["pip==25", "build"]},
        {"file": "constraints.txt"},
        "constraints.txt",
        "packages: build==1 pip",
        "",
    ),
    "container-engine": (
        "docker",
        "podman",
        "docker; create-args: --network host -e A=b",
        {"name": "podman", "create-args": ["--volume", "/a b:/c"], "disable-host-mount": True},
        {"name": "docker", "create_args": ["--privileged"]},
        "podman; disable_host_mount: yes",
    ),
    "pyodide-version": ("0.29.0", "", "0.28.3"),
    **{
        f"{family}-{architecture}-image": IMAGES
        for family in ("manylinux", "musllinux")
        for architecture in ("x86_64", "aarch64", "i686")
    },
    "manylinux-pypy_x86_64-image": IMAGES,
}
MERGING = (
    *("before-all", "before-build", "before-test", "repair-wheel-command", "test-command", "test-requires"),
    *("audit-requires", "test-sources", "test-extras", "test-groups", "audit-command", "config-settings"),
    *("environment", "test-environment", "environment-pass", "xbuild-tools"),
)
"""The options whose values can be merged."""
NO_VARIABLE_PER_PLATFORM = ("build-frontend", "pyodide-version")
LINUX_ALONE = ("environment-pass", "container-engine")
SELECTS = (
    "*",
    "cp3*",
    "cp31?-*",
    "*_x86_64",
    "*aarch64* *arm64*",
    "*musllinux*",
    "*-win*",
    "pp* gp*",
    "cp3{9,13,14}-*",
)
ODD: dict[str, tuple[object, ...]] = {
    "build-verbosity": ("loud", True),
    "test-command": (3, {"a": "b"}, [1]),
    "test-requires": ([1], "'open", {"a": "b"}),
    "environment": (["A=1"], "A", "A=$((1+1))"),
    "config-settings": ("novalue", ["a=1"]),
    "xbuild-files": (["a"], "numpy", {"numpy": 3}),
    "xbuild-tools": ({"a": "b"}, 3),
    "test-runtime": ("--bare", {"arg": []}, ["--x"]),
    "dependency-versions": ("missing.txt", {"files": "a"}, ["pip"]),
    "build-frontend": ("uvx", {"args": ["a"]}, ["pip"]),
    "container-engine": ("dock", {"name": "docker", "flags": []}),
    "audit-command": ("nothing", "{wheel} {abi3_wheel}"),
    "test-groups": ("missing",),
    "inherit": ({"build-frontend": "append"}, {"nope": "append"}, {"test-command": "add"}, ["test-command"], "a: b: c"),
}
"""Values that should be refused."""
