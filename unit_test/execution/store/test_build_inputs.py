"""A file whose name occurs in what a build is given decides the key."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from cibw.execution.store.input_files import InputFiles
from cibw.execution.store.inputs import InputContext, inputs_in_container, inputs_on_host
from cibw.execution.store.keys import KeyedHash
from cibw.model.machines import ContainerEngine, ContainerSpec
from cibw.model.plan import Job, PutFiles, PutText, Step, StepName
from cibw.model.templates import EnvExpr, Placeholder, Substitution, Template, Variable
from unit_test.execution.store.input_world import BUILD, JOB, SPEC, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(directory=tmp_path)


VARIABLES = {
    "PIP_CONSTRAINT": "{}",
    "UV_BUILD_CONSTRAINT": "{}",
    "UV_OVERRIDE": "/missing.txt {}",
    "PIP_CONFIG_FILE": "{}",
    "CMAKE_TOOLCHAIN_FILE": "{}",
    "CFLAGS": "-O2 -include {}",
    "CMAKE_ARGS": "-DCMAKE_TOOLCHAIN_FILE={} -DX=1",
    "CC": "{} -O2",
    "ANY_NAME": "{}",
    **dict.fromkeys(("BUILD_CONFIG", "CI_VERSION_FILE", "SYSTEM_HEADERS", "PIPELINE_INPUT"), "{}"),
}
DIRECTORIES = {
    "CPATH": "/missing:{}",
    "CXXFLAGS": "-I{}",
    "LDFLAGS": "-L{} -lx",
    "PKG_CONFIG_PATH": "{}",
    "X_ROOT": "{}",
    "UV_FIND_LINKS": "file://{}",
}
COMMANDS = ("cp {} .", "python -c \"open('{}')\"", "tool --cross-file={}", "cat < {}", "cp {}* .", 'sh -c "cat {}"')


def use_variable(name: str, text: str) -> Callable[[World, Path], None]:
    return lambda world, path: world.variables.update({name: text.format(path)})


def use_command(text: str) -> Callable[[World, Path], None]:
    return lambda world, path: setattr(world, "step", text.format(path))


def use_environment(*parts: str) -> Callable[[World, Path], None]:
    return lambda world, path: setattr(world, "environment", (EnvExpr("A", tuple(p.format(path) for p in parts)),))


def use_substitution(world: World, path: Path) -> None:
    world.environment = (EnvExpr("A", ("-D", Substitution(f"cat {path}"))),)


def use_default(world: World, path: Path) -> None:
    world.environment = (EnvExpr("A", (Variable("UNSET", (str(path),)),)),)


def use_link(world: World, path: Path) -> None:
    world.links["pkg/data.h"] = str(path)


def use_relative_link(world: World, path: Path) -> None:
    world.links["pkg/data.h"] = os.path.relpath(path, world.root / "pkg")


def use_definition(world: World, path: Path) -> None:
    (world.root / "pyproject.toml").write_text(f'requires = ["x @ {path.as_uri()}"]')


def use_other_file(world: World, path: Path) -> None:
    world.variables["PIP_CONSTRAINT"] = str(world.write("con.txt", f"-c {path.name}\n"))


def use_home(world: World, path: Path) -> None:
    home = world.directory / "home"
    (home / ".config/pip").mkdir(parents=True)
    (home / ".config/pip/pip.conf").symlink_to(path)


USES = {
    **{f"variable {name}": use_variable(name, text) for name, text in VARIABLES.items()},
    **{f"command {text}": use_command(text) for text in COMMANDS},
    "environment": use_environment("-include {}"),
    "substitution": use_substitution,
    "default": use_default,
    "link": use_link,
    "relative link": use_relative_link,
    "definition": use_definition,
    "other file": use_other_file,
    "user's configuration": use_home,
}


@pytest.mark.parametrize("use", USES)
def test_a_named_file_counts_by_its_content(world: World, use: str) -> None:
    path = world.write("named.txt", "one")
    USES[use](world, path)
    first = world.follow()
    assert first.hashes
    assert not first.reasons
    os.utime(path, (1, 1))
    assert world.follow() == first
    path.write_text("two")
    assert world.follow().hashes != first.hashes
    assert world.files is not None
    path.write_text("three and more")
    assert world.files.has_changed


@pytest.mark.parametrize("name", DIRECTORIES)
def test_a_named_directory_counts_by_its_content(world: World, name: str) -> None:
    path = world.write("named/sub/a.h", "one")
    world.variables[name] = DIRECTORIES[name].format(world.outside / "named")
    first = world.follow()
    assert world.follow() == first
    path.write_text("two")
    second = world.follow()
    assert second.hashes != first.hashes
    world.write("named/b.h")
    assert world.files is not None
    assert world.files.has_changed
    assert world.follow().hashes != second.hashes


def test_links_are_followed_to_their_end(world: World) -> None:
    path = world.write("real/a.h")
    (world.outside / "one").symlink_to("two")
    (world.outside / "two").symlink_to("real")
    (world.outside / "real/round").symlink_to("..")
    world.links["include"] = str(world.outside / "one")
    first = world.follow()
    path.write_text("two")
    assert world.follow().hashes != first.hashes


def test_programs_are_found_as_the_shell_finds_them(world: World) -> None:
    program = world.write("bin/generate", "#!/bin/sh")
    program.chmod(0o755)
    world.variables["PATH"] = str(program.parent)
    world.step = "generate a b"
    first = world.follow()
    program.write_text("#!/bin/sh\nexit")
    assert list(first.hashes) == [str(program)]
    assert world.follow().hashes != first.hashes


def test_programs_of_substitutions_count(world: World) -> None:
    program = world.write("bin/generate", "#!/bin/sh")
    program.chmod(0o755)
    world.variables["PATH"] = str(program.parent)
    for command in ("generate", "A=1 generate x | other"):
        world.environment = (EnvExpr("V", (Substitution(command),)),)
        assert list(world.follow().hashes) == [str(program)]


def test_ordinary_projects_name_nothing(world: World) -> None:
    home = world.directory / "home"
    world.variables.update(
        HOME=str(home),
        PATH=f"/usr/bin:{world.outside}",
        TMPDIR="/tmp",
        LD_LIBRARY_PATH="/usr/lib",
        NVM_DIR=str(world.outside),
    )
    world.step = f"pip install -r requirements.txt && cp -a build /tmp && ls {world.root} /dev/null {home} /usr/bin"
    world.environment = (
        EnvExpr("PATH", ("/usr/local/bin:", Variable("PATH"))),
        EnvExpr("A", (Placeholder.PROJECT, "/x")),
    )
    found = world.follow()
    assert not found.hashes.keys() - {"/bin/cp", "/usr/bin/cp", "/usr/bin/ls", "/bin/ls", "/usr/bin/pip"}
    assert not found.reasons


def test_what_is_too_large_or_unknown_is_a_reason(world: World) -> None:
    many = world.outside / "many"
    many.mkdir()
    for number in range(5_001):
        (many / str(number)).touch()
    world.variables["X_DIR"] = str(many)
    world.step = "cp $(brew --prefix)/lib/x ."
    reasons = world.follow().reasons
    assert f"the variable X_DIR names {many}, which contains more than 5000 files" in reasons
    assert "the step before-build names $(...)/lib/x, which is only known at run time" in reasons
    world.variables.clear()
    world.step = "true"
    (world.root / "setup.py").write_text(f"include_dirs = ['{many}']")
    assert not world.follow().reasons


def test_special_files_are_never_read(world: World) -> None:
    os.mkfifo(world.outside / "fifo")
    world.variables.update(A=str(world.outside / "fifo"), B="/dev/zero", C=str(world.outside))
    found = world.follow()
    assert set(found.hashes) == {str(world.outside / "fifo"), str(world.outside)}


def test_tests_have_files_of_their_own(world: World) -> None:
    path = world.write("data.txt")
    world.test = f"pytest --data {path}"
    assert str(path) not in world.follow().hashes
    world.tests = True
    assert list(world.follow().hashes) == [str(path)]


def test_texts_that_a_plan_writes_are_read(world: World) -> None:
    path = world.write("named.whl")
    step = Step(name=StepName.SET_UP, actions=(PutText(path=Template.of("x"), text=f"x @ {path.as_uri()}"),))
    files = InputFiles(world.root, KeyedHash(b"s"), world.directory / "memo", {})
    given = InputContext(variables={}, environment={}, package=world.root, root=world.root, links={})
    found = inputs_on_host(JOB, replace(BUILD, prepare=step), given, files, tests=False)
    assert str(path) in found.hashes


def test_variables_are_not_shown() -> None:
    given = InputContext(variables={"A": "hush"}, environment={"A": "hush"}, package=Path(), root=Path(), links={})
    assert "hush" not in repr(given)


def test_test_sources_around_the_project_count_by_their_content(world: World) -> None:
    path = world.write("tests/test_a.py")
    put = PutFiles(path=Template.of("x"), source="../outside/tests")
    build = replace(BUILD, test=(Step(name=StepName.TEST_INSTALL, actions=(put,)),))
    given = InputContext(variables={}, environment={}, package=world.root, root=world.root, links={})

    def found(job: Job, *, tests: bool) -> Mapping[str, str]:
        files = InputFiles(world.root, KeyedHash(b"s"), world.directory / "memo", {})
        follow = inputs_in_container if isinstance(job.machine, ContainerSpec) else inputs_on_host
        return follow(job, build, given, files, tests=tests).hashes

    for job in (JOB, replace(JOB, machine=replace(SPEC, engine=ContainerEngine(disable_host_mount=True)))):
        first = found(job, tests=True)
        assert str(path.parent) in first
        path.write_text(f"{first}")
        assert found(job, tests=True) != first
        assert str(path.parent) not in found(job, tests=False)
