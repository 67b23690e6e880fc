from __future__ import annotations

from cibw.model.command import Command
from cibw.model.layout import POSIX_VENV, WINDOWS_VENV
from cibw.model.shell import Shell
from cibw.model.template import Late, Template

ENVIRONMENT = Template.of(Late.WORK, "/env")


def test_a_text_for_cmd_stays_as_it_is() -> None:
    text = Template.of('echo "a b" & echo %X%')
    command = Command(argv=(text,), cwd=Template.of("C:/"), shell=True, dialect=Shell.CMD)
    assert command.request({}, {}).argv == ("cmd", "/d", "/s", "/c", 'echo "a b" & echo %X%')


def test_path_has_the_separator_of_the_system() -> None:
    entry = Template.of("C:/tools")
    command = Command(argv=(entry,), cwd=entry, shell=True, path_entry=entry, dialect=Shell.CMD)
    assert command.request({}, {"PATH": "C:/Windows"}).environment["PATH"] == "C:/tools;C:/Windows"


def test_where_environments_keep_their_programs() -> None:
    assert str(POSIX_VENV.python(ENVIRONMENT)) == "{work}/env/bin/python"
    assert str(WINDOWS_VENV.python(ENVIRONMENT)) == "{work}/env/Scripts/python.exe"
    assert str(WINDOWS_VENV.bin_dir(ENVIRONMENT)) == "{work}/env/Scripts"


def test_one_late_value_is_filled() -> None:
    template = Template.of("--archs ", Late.DELOCATE_ARCHS, " ", Late.WHEEL)
    assert str(template.fill({Late.DELOCATE_ARCHS: "arm64"})) == "--archs arm64 {wheel}"
    libraries = Template.of(Late.WORK, "/libs")
    assert template.fill({Late.WHEEL: libraries}).parts[-2:] == (Late.WORK, "/libs")


def test_windows_does_not_tell_variables_apart_by_case() -> None:
    assert (Shell.CMD.variable("Path"), Shell.SH.variable("Path")) == ("PATH", "Path")
