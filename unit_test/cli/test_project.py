from __future__ import annotations

import gzip
import os
import tarfile
from pathlib import Path

import pytest

from cibw.cli.arguments import CommandLine
from cibw.cli.project import make_output_dir, open_project, refuse_elsewhere, sources_of
from cibw.config.load import load_options
from cibw.config.options import Options
from cibw.errors import ConfigurationError
from cibw.model.identifiers import Platform
from unit_test.untrusted.hostile import beyond_the_longest_path, hostile_tars, link, tar_bytes, zip_bytes


def line(package: str = ".", config_file: str = "") -> CommandLine:
    return CommandLine(package=package, config_file=config_file)


def make_project(directory: Path, text: str = "") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "pyproject.toml").write_text(text)
    return directory


def make_sdist(directory: Path, *roots: str) -> Path:
    for root in roots:
        make_project(directory / "made" / root)
    with tarfile.open(directory / "demo-1.0.tar.gz", "w:gz") as archive:
        for root in roots:
            archive.add(directory / "made" / root, root)
    return directory / "demo-1.0.tar.gz"


@pytest.mark.parametrize("package", ["packages/foo", "./packages/foo/", "packages/../packages/foo"])
def test_a_package_below_the_directory(tmp_path: Path, package: str) -> None:
    make_project(tmp_path / "packages" / "foo")
    with open_project(line(package), tmp_path) as project:
        assert (project.root, project.package_dir) == (tmp_path.resolve(), "packages/foo")


def test_blanks_and_links_are_fine(tmp_path: Path) -> None:
    make_project(tmp_path / "my project")
    (tmp_path / "link").symlink_to("my project")
    for package in ("my project", "link"):
        with open_project(line(package), tmp_path) as project:
            assert project.package_dir == "my project"


@pytest.mark.parametrize("package", ["../outside", "{absolute}", "../link"])
def test_a_package_elsewhere_is_the_project(tmp_path: Path, package: str) -> None:
    outside = make_project(tmp_path / "outside", "# elsewhere").resolve()
    (tmp_path / "link").symlink_to("outside")
    here = tmp_path / "here"
    here.mkdir()
    called = line(package.format(absolute=outside))
    with open_project(called, here) as project:
        assert (project.root, project.package_dir) == (outside, ".")
        assert sources_of(called, project, here, {}).config_text == "# elsewhere"


def test_an_sdist_is_unpacked_for_a_while(tmp_path: Path) -> None:
    with open_project(line(make_sdist(tmp_path, "demo-1.0").name), tmp_path) as project:
        assert project.root.name == "demo-1.0"
        assert (project.root / "pyproject.toml").is_file()
    assert not project.root.exists()


@pytest.mark.parametrize("roots", [(), ("a", "b")])
def test_an_sdist_has_one_directory(tmp_path: Path, roots: tuple[str, ...]) -> None:
    sdist = make_sdist(tmp_path, *roots)
    with pytest.raises(ConfigurationError, match="exactly one directory"), open_project(line(sdist.name), tmp_path):
        pass


@pytest.mark.parametrize(
    ("package", "message"),
    [
        ("nowhere", "is missing"),
        ("file.txt", "is not an sdist"),
        ("broken.tar.gz", "Cannot unpack the sdist [^\n]+$"),
        ("empty", "is not a Python project"),
    ],
)
def test_what_is_no_project(tmp_path: Path, package: str, message: str) -> None:
    here = tmp_path / "here"
    (here / "empty").mkdir(parents=True)
    (here / "file.txt").touch()
    (here / "broken.tar.gz").write_text("junk")
    with pytest.raises(ConfigurationError, match=message), open_project(line(package), here):
        pass


@pytest.mark.parametrize("is_absolute", [False, True])
def test_a_package_elsewhere_is_its_own_root_and_no_container_gets_it(tmp_path: Path, is_absolute: bool) -> None:
    (tmp_path / "here").mkdir()
    outside = tmp_path.resolve() / "outside"
    make_project(outside, "# of the package")
    called = line(str(outside) if is_absolute else "../outside")
    with open_project(called, tmp_path / "here") as project:
        assert (project.root, project.package_dir) == (outside, ".")
        sources = sources_of(called, project, tmp_path / "here", {})
        assert (sources.config_label, sources.config_text) == ("pyproject.toml", "# of the package")
        with pytest.raises(ConfigurationError, match="is not in the current directory"):
            refuse_elsewhere(project, tmp_path / "here")


def test_a_container_gets_a_package_below_the_current_directory(tmp_path: Path) -> None:
    make_project(tmp_path / "sub")
    with open_project(line("sub"), tmp_path) as project:
        refuse_elsewhere(project, tmp_path)


@pytest.mark.parametrize(
    ("config_file", "label", "text"),
    [
        ("", "sub/pyproject.toml", "# of the package"),
        ("other.toml", "other.toml", "# other"),
        ("{package}/../other.toml", None, "# other"),
    ],
)
def test_where_the_configuration_comes_from(tmp_path: Path, config_file: str, label: str | None, text: str) -> None:
    root = tmp_path.resolve()
    make_project(root / "sub", "# of the package")
    (root / "other.toml").write_text("# other")
    called = line("sub", config_file)
    with open_project(called, root) as project:
        sources = sources_of(called, project, root, {})
        assert sources.config_text == text
        assert label in (None, sources.config_label)
        assert sources.read_text("other.toml") == "# other"
        assert sources.read_text("sub") is None
        assert sources.read_text("nowhere/else") is None


@pytest.mark.parametrize(("in_sdist", "text"), [(True, "# inside"), (False, "# beside")])
def test_a_configuration_file_in_an_sdist_comes_before_one_beside_it(tmp_path: Path, in_sdist: bool, text: str) -> None:
    make_project(tmp_path / "made" / "demo-1.0")
    (tmp_path / "ci.toml").write_text("# beside")
    if in_sdist:
        (tmp_path / "made" / "demo-1.0" / "ci.toml").write_text("# inside")
    called = line(make_sdist(tmp_path, "demo-1.0").name, "ci.toml")
    with open_project(called, tmp_path) as project:
        assert sources_of(called, project, tmp_path, {}).config_text == text


def test_a_configuration_that_is_no_text(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "pyproject.toml").write_bytes(b"a = '\xff'")
    with open_project(line(), tmp_path) as project, pytest.raises(ConfigurationError, match="is not UTF-8 text"):
        sources_of(line(), project, tmp_path, {})


def test_the_output_directory_is_made(tmp_path: Path) -> None:
    path = make_output_dir(tmp_path / "a b" / "wheels")
    assert path.is_dir()
    assert list(path.iterdir()) == []


def test_an_output_directory_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="Cannot write to") as raised:
        make_output_dir(tmp_path / "file" / "wheels")
    assert "--output-dir" in raised.value.hint


@pytest.mark.parametrize("trick", hostile_tars())
def test_a_hostile_sdist_is_refused(tmp_path: Path, trick: str) -> None:
    sdist = tmp_path / "demo-1.0.tar.gz"
    sdist.write_bytes(gzip.compress(hostile_tars()[trick]))
    message = r"Cannot unpack the sdist .*demo-1\.0\.tar\.gz: [^\n]+\.$"
    with pytest.raises(ConfigurationError, match=message), open_project(line(sdist.name), tmp_path):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [sdist.name]
    assert not Path("/tmp/cibw-outside").exists()


def test_an_sdist_overwrites_nothing_by_a_path_that_is_too_long(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("kept")
    sdist = tmp_path / "demo-1.0.tar.gz"
    sdist.write_bytes(gzip.compress(tar_bytes(beyond_the_longest_path(str(outside)))))
    with pytest.raises(ConfigurationError, match="longer than"), open_project(line(sdist.name), tmp_path):
        pass
    assert outside.read_text() == "kept"


@pytest.mark.parametrize("place", [60, -12, -6, -2])
def test_a_damaged_sdist_is_refused(tmp_path: Path, place: int) -> None:
    sdist = make_sdist(tmp_path, "demo-1.0")
    data = bytearray(sdist.read_bytes())
    data[place] ^= 1
    sdist.write_bytes(data)
    with pytest.raises(ConfigurationError, match="Cannot unpack the sdist"), open_project(line(sdist.name), tmp_path):
        pass


@pytest.mark.parametrize("ending", [b"more", b"\x1f\x8b", gzip.compress(b"more")], ids=["text", "magic", "gzip"])
def test_an_sdist_with_something_behind_it_is_refused(tmp_path: Path, ending: bytes) -> None:
    sdist = make_sdist(tmp_path, "demo-1.0")
    sdist.write_bytes(sdist.read_bytes() + ending)
    with pytest.raises(ConfigurationError, match="Cannot unpack the sdist"), open_project(line(sdist.name), tmp_path):
        pass


@pytest.mark.parametrize("name", ["demo-1.0.tgz", "demo-1.0.zip"])
def test_an_sdist_in_an_older_form(tmp_path: Path, name: str) -> None:
    sdist = make_sdist(tmp_path, "demo-1.0").rename(tmp_path / name)
    if name.endswith(".zip"):
        sdist.write_bytes(zip_bytes([("demo-1.0/pyproject.toml", 0, b"")]))
    with open_project(line(name), tmp_path) as project:
        assert (project.root / "pyproject.toml").is_file()


def test_a_link_is_no_directory_of_an_sdist(tmp_path: Path) -> None:
    sdist = tmp_path / "demo-1.0.tar.gz"
    sdist.write_bytes(gzip.compress(tar_bytes([link("demo-1.0", ".")])))
    with pytest.raises(ConfigurationError, match="exactly one directory"), open_project(line(sdist.name), tmp_path):
        pass


def options_of(directory: Path, files: dict[str, bytes]) -> Options:
    (directory / "pyproject.toml").write_text("")
    for name, data in files.items():
        (directory / name).write_bytes(data)
    with open_project(line(), directory) as project:
        return load_options(sources_of(line(), project, directory, {}), Platform.LINUX)


def test_a_setup_script_in_another_encoding_is_read(tmp_path: Path) -> None:
    script = "# -*- coding: latin-1 -*-\nsetup(author='Andr\u00e9', python_requires='>=3.11')".encode("latin-1")
    options = options_of(tmp_path, {"setup.py": script})
    assert options.requires_python is not None
    assert options.notes == ()


def test_a_module_in_another_encoding_is_read(tmp_path: Path) -> None:
    module = "# coding: latin-1\nABI = 'cp311'  # Andr\u00e9".encode("latin-1")
    script = b"from names import ABI\nsetup(options={'bdist_wheel': {'py_limited_api': ABI}})"
    options = options_of(tmp_path, {"setup.py": script, "names.py": module})
    assert options.stable_abi is not None
    assert min(options.stable_abi.minors) == 11


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg"])
def test_what_can_not_be_decoded_is_skipped_with_a_note(tmp_path: Path, name: str) -> None:
    options = options_of(tmp_path, {name: "# Andr\u00e9".encode("latin-1")})
    assert [note.partition(":")[0] for note in options.notes] == [f"{name} is not UTF-8 text"]


@pytest.mark.parametrize("backend", ["mesonpy", "maturin"])
def test_files_of_other_backends_are_skipped_with_a_note(tmp_path: Path, backend: str) -> None:
    name = "meson.build" if backend == "mesonpy" else "Cargo.toml"
    (tmp_path / name).write_bytes(b"\xe9")
    text = f'[build-system]\nrequires = []\nbuild-backend = "{backend}"\n[tool.meson-python]\nlimited-api = true\n'
    make_project(tmp_path, text)
    with open_project(line(), tmp_path) as project:
        options = load_options(sources_of(line(), project, tmp_path, {}), Platform.LINUX)
    assert [note.partition(":")[0] for note in options.notes] == [f"{name} is not UTF-8 text"]


def test_special_files_in_a_project_are_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "setup.py")
    assert options_of(tmp_path, {}).notes == ("setup.py is not a regular file, so it was ignored",)
    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / "setup.py").unlink()
    (tmp_path / "setup.py").touch()
    os.mkfifo(tmp_path / "pyproject.toml")
    with open_project(line(), tmp_path) as project, pytest.raises(ConfigurationError, match="is not a regular file"):
        sources_of(line(), project, tmp_path, {})


def test_a_directory_in_place_of_the_configuration_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    (tmp_path / "pyproject.toml").mkdir()
    with open_project(line(), tmp_path) as project, pytest.raises(ConfigurationError, match="is a directory"):
        sources_of(line(), project, tmp_path, {})


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg"])
def test_a_device_or_a_huge_file_in_a_project_is_skipped(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("/dev/zero")
    assert "is not a regular file" in options_of(tmp_path, {}).notes[0]
    (tmp_path / name).unlink()
    with (tmp_path / name).open("wb") as file:
        file.truncate(10 << 30)
    assert "is larger than" in options_of(tmp_path, {}).notes[0]


@pytest.mark.parametrize("operators", [6_000, 300_000])
def test_a_setup_script_that_is_nested_too_deeply_says_nothing(tmp_path: Path, operators: int) -> None:
    for expression in ("1" + "+1" * operators, "a" + ".b" * operators, "-" * operators + "1"):
        script = f"x = {expression}\nsetup(python_requires='>=3.11', py_limited_api='cp311', abi3=1)\n"
        options = options_of(tmp_path, {"setup.py": script.encode()})
        assert options.stable_abi is None
