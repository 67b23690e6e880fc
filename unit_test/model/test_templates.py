from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.model import templates as layout
from cibw.model.identifiers import Family, Interpreter, Platform
from cibw.model.machines import EngineName, HostFacts, HostInterpreter
from cibw.model.templates import (
    POSIX_VENV,
    WINDOWS_VENV,
    Command,
    EnvExpr,
    EnvPart,
    Placeholder,
    Shell,
    Substitution,
    Template,
    Variable,
)
from unit_test.strategies import templates

BINDINGS = {late: f"<{late.value}>" for late in Placeholder}


def test_a_template_is_filled_in() -> None:
    template = Template.of("cd ", Placeholder.PROJECT, "/sub")
    assert template.render({Placeholder.PROJECT: "/project"}) == "cd /project/sub"
    assert str(template) == "cd {project}/sub"


def test_a_value_that_is_not_bound_is_named() -> None:
    with pytest.raises(KeyError, match="WHEEL"):
        Template.of(Placeholder.WHEEL).render({Placeholder.PROJECT: "/project"})


@given(st.lists(templates, max_size=3))
def test_joining_templates_joins_their_texts(pieces: list[Template]) -> None:
    joined = Template.of(*pieces)
    assert joined.render(BINDINGS) == "".join(piece.render(BINDINGS) for piece in pieces)
    assert bool(joined) == any(pieces)


@given(templates)
def test_no_part_is_empty_and_no_strings_stand_side_by_side(template: Template) -> None:
    kinds = [isinstance(part, str) for part in template.parts]
    assert "" not in template.parts
    assert not any(first and second for first, second in itertools.pairwise(kinds))
    assert Template.of(template) == template


def test_scratch_directories_lie_below_the_work_directory() -> None:
    directories = (layout.BUILT_DIR, layout.REPAIRED_DIR, layout.TEST_DIR, layout.CONSTRAINTS)
    texts = [directory.render({Placeholder.WORK: "/work"}) for directory in directories]
    assert len(set(texts)) == len(texts)
    assert all(text.startswith("/work/") for text in texts)


def test_facts_that_nobody_probed_plan_containers() -> None:
    facts = HostFacts(platform=Platform.LINUX, machine="x86_64")
    assert facts.engine is EngineName.AUTO
    assert HostInterpreter(interpreter=Interpreter.parse("cp39"), path="/usr/bin/python3.9").libc is Family.MANYLINUX


ENVIRONMENT = Template.of(Placeholder.WORK, "/env")


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
    template = Template.of("--archs ", Placeholder.DELOCATE_ARCHS, " ", Placeholder.WHEEL)
    assert str(template.fill({Placeholder.DELOCATE_ARCHS: "arm64"})) == "--archs arm64 {wheel}"
    libraries = Template.of(Placeholder.WORK, "/libs")
    assert template.fill({Placeholder.WHEEL: libraries}).parts[-2:] == (Placeholder.WORK, "/libs")


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


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((), "A="),
        (("plain", Placeholder.PROJECT), "A=plain{project}"),
        ((Variable("X"), Substitution("echo hi")), "A=${X}$(echo hi)"),
        ((Variable("X", default=("d", Variable("Y"))),), "A=${X:-d${Y}}"),
        ((Variable("X", default=(), or_empty=False),), "A=${X-}"),
    ],
)
def test_an_assignment_reads_as_in_a_shell(parts: tuple[EnvPart, ...], text: str) -> None:
    assert str(EnvExpr("A", parts)) == text
