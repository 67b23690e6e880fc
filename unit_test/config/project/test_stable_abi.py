from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.config.cascade import Arguments, Sources
from cibw.config.load import load_options
from cibw.config.options import StableAbi
from cibw.config.project.abi3 import find_stable_abi
from cibw.config.toml import parse_toml
from cibw.model.identifiers import Interpreter, Platform

LINUX = Platform.LINUX
SKBUILD = '[build-system]\nbuild-backend = "scikit_build_core.build"\n'
MATURIN = '[build-system]\nbuild-backend = "maturin"\n'
MESON = '[build-system]\nbuild-backend = "mesonpy"\n[tool.meson-python]\n'


def found(toml: str = "", platform: Platform = LINUX, **files: str) -> StableAbi | None:
    """Files by name; an underscore means a dot."""
    texts = {name.replace("_", ".", 1) if "." not in name else name: text for name, text in files.items()}
    return find_stable_abi(parse_toml(toml), texts.get, platform)


def floor(abi: StableAbi | None) -> int | None:
    """The oldest minor version; all later ones must be present."""
    if abi is None:
        return None
    oldest = min(abi.minors)
    assert abi.minors == frozenset(range(oldest, 21))
    return oldest


@pytest.mark.parametrize(
    ("toml", "oldest", "place"),
    [
        ('[tool.distutils.bdist_wheel]\npy-limited-api = "cp310"', 10, "pyproject.toml [tool.distutils.bdist_wheel]"),
        ('[tool.distutils.bdist_wheel]\npy_limited_api = "cp39"', 9, "pyproject.toml [tool.distutils.bdist_wheel]"),
        (
            f'{SKBUILD}[tool.scikit-build]\nwheel.py-api = "cp312"',
            12,
            "pyproject.toml [tool.scikit-build] wheel.py-api",
        ),
        (
            f'{MATURIN}[tool.maturin]\nfeatures = ["pyo3/abi3-py38"]',
            8,
            "pyproject.toml [tool.maturin] features",
        ),
        (f"{MESON}limited-api = true", 2, "pyproject.toml [tool.meson-python] limited-api"),
    ],
)
def test_pyproject_says_it(toml: str, oldest: int, place: str) -> None:
    abi = found(toml)
    assert (floor(abi), abi and abi.place) == (oldest, place)


@pytest.mark.parametrize(
    "toml",
    [
        "",
        "tool = 1",
        "build-system = 1",
        '[tool.distutils.bdist_wheel]\npy-limited-api = ""',
        "[tool.distutils.bdist_wheel]\npy-limited-api = true",
        '[tool.distutils.bdist_wheel]\npy-limited-api = "py3"',
        '[tool.distutils.bdist_wheel]\npy-limited-api = "cp2"',
        f'{MATURIN}[tool.distutils.bdist_wheel]\npy-limited-api = "cp310"',
        '[tool.scikit-build]\nwheel.py-api = "cp312"',
        SKBUILD,
        f'{SKBUILD}[tool.scikit-build]\nwheel.py-api = "py3"',
        MATURIN,
        f"{MATURIN}[tool.maturin]\nfeatures = 1",
        f'{MATURIN}[tool.maturin]\nfeatures = ["pyo3/extension-module", "abi3"]',
        f"{MATURIN}[tool.maturin]\nmanifest-path = 1",
        MESON,
        f"{MESON}limited-api = false",
        f'{MESON}limited-api = "true"',
        # The extension module on its own does not make an abi3 wheel.
        '[[tool.setuptools.ext-modules]]\nname = "a"\nsources = ["a.c"]\npy-limited-api = true',
    ],
)
def test_pyproject_says_nothing(toml: str) -> None:
    assert found(toml) is None


@pytest.mark.parametrize(
    ("text", "oldest"),
    [
        ("[bdist_wheel]\npy_limited_api = cp36", 6),
        ("[bdist_wheel]\npy-limited-api = cp311", 11),
        ("[bdist_wheel]\nuniversal = 1", None),
        ("[metadata]\nname = a", None),
        ("bdist_wheel without a section", None),
        ("no such thing", None),
    ],
)
def test_setup_cfg_says_it(text: str, oldest: int | None) -> None:
    abi = found(setup_cfg=text)
    assert floor(abi) == oldest
    assert abi is None or abi.place == "setup.cfg [bdist_wheel]"


@pytest.mark.parametrize(
    ("cargo", "maturin", "oldest"),
    [
        ('[dependencies]\npyo3 = {version = "0.22", features = ["abi3-py39"]}', "", 9),
        ('[dependencies.pyo3]\nfeatures = ["extension-module", "abi3-py310", "abi3-py38"]', "", 8),
        ('[dependencies]\npyo3-ffi = {version = "0.22", features = ["abi3"]}', "", 2),
        ('[dependencies]\npyo3 = {features = ["abi3", "abi3-py39"]}', "", 9),
        ('[dependencies]\npyo3 = {features = ["abi3t-py315"]}', "", 15),
        ('[dependencies]\npyo3 = {features = ["abi3t"]}', "", 15),
        ('[dependencies]\npyo3 = {features = ["abi3-py311", "abi3t-py315t"]}', "", 11),
        ('[dependencies]\npyo3 = "0.22"', "", None),
        ('[dependencies]\npyo3 = {features = "abi3"}', "", None),
        (
            '[workspace.dependencies]\npyo3 = {features = ["abi3-py37"]}\n[dependencies]\npyo3 = {workspace = true}',
            "",
            7,
        ),
        ('[workspace.dependencies]\npyo3 = {features = ["abi3-py37"]}\n[dependencies]\npyo3 = "1"', "", None),
        ('[features]\ndefault = ["stable"]\nstable = ["pyo3/abi3-py38", "default"]', "", 8),
        ('[features]\ndefault = ["pyo3/abi3-py38"]', "no-default-features = true", None),
        ('[features]\nabi3 = ["pyo3?/abi3-py39"]', 'features = ["abi3"]', 9),
        ('[features]\nabi3 = ["pyo3/abi3-py39"]', "", None),
        ('[dependencies]\nother = {features = ["abi3-py39"]}', "", None),
        ("no TOML", "", None),
    ],
)
def test_features_of_pyo3_say_it(cargo: str, maturin: str, oldest: int | None) -> None:
    abi = found(f"{MATURIN}[tool.maturin]\n{maturin}", Cargo_toml=cargo)
    assert floor(abi) == oldest
    assert abi is None or abi.place == "features of pyo3 in Cargo.toml"


def test_a_manifest_may_be_elsewhere() -> None:
    files = {"rust/Cargo.toml": '[dependencies]\npyo3 = {features = ["abi3-py39"]}'}
    abi = find_stable_abi(parse_toml(f'{MATURIN}[tool.maturin]\nmanifest-path = "rust/Cargo.toml"'), files.get, LINUX)
    assert abi is not None
    assert (floor(abi), abi.place) == (9, "features of pyo3 in rust/Cargo.toml")


def test_meson_build_has_the_version() -> None:
    text = "py.extension_module('a', 'a.c', limited_api: '3.8')\npy.extension_module('b', limited_api : \"3.10\")"
    assert floor(found(f"{MESON}limited-api = true", meson_build=text)) == 10


@given(st.text(alphabet=st.sampled_from("ab(){}[]'=,:. \n\t10")), st.text(alphabet="abc.[]=\n'\" "))
def test_whatever_stands_in_a_file_is_no_error(script: str, settings: str) -> None:
    claim = "py_limited_api\n"
    abi = found(setup_py=f"#{claim}{script}", setup_cfg=settings)
    assert abi is None


@pytest.mark.parametrize(
    ("python", "makes"),
    [("cp39", False), ("cp310", True), ("cp313", True), ("cp313t", False), ("pp310", False), ("gp312_250", False)],
)
def test_only_cpython_with_its_lock_makes_abi3(python: str, makes: bool) -> None:
    abi = StableAbi(minors=frozenset({10, 11, 12, 13}), place="here")
    assert abi.makes(Interpreter.parse(python)) is makes


def test_options_know_it_from_the_files_of_the_package() -> None:
    files = {"packages/a/setup.cfg": "[bdist_wheel]\npy_limited_api = cp39"}
    sources = Sources(arguments=Arguments(package_dir="packages/a"), read_text=files.get)
    assert floor(load_options(sources, LINUX).stable_abi) == 9
