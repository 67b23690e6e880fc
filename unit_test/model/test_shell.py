from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    ("words", "posix", "windows"),
    [
        (("uv", "numpy>=2"), "uv 'numpy>=2'", 'uv "numpy>=2"'),
        (("C:\\a b\\", "x"), "'C:\\a b\\' x", '"C:\\a b\\\\" x'),
        (("C:\\a\\b", 'say "hi"', ""), "'C:\\a\\b' 'say \"hi\"' ''", 'C:\\a\\b "say \\"hi\\"" ""'),
        (("a&b", "(c)", "$d"), "'a&b' '(c)' '$d'", '"a&b" "(c)" $d'),
    ],
)
def test_words_are_shown_as_their_shell_reads_them(words: tuple[str, ...], posix: str, windows: str) -> None:
    assert (Shell.SH.join(words), Shell.CMD.join(words)) == (posix, windows)


def test_a_program_is_shown_in_the_quotes_of_its_system() -> None:
    argv = (Template.of("pip"), Template.of("a>=1"))
    command = Command(argv=argv, cwd=Template.of("C:/"), dialect=Shell.CMD)
    assert str(command) == 'pip "a>=1"'
    assert command.request({}, {}).argv == ("pip", "a>=1")
