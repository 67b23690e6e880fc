"""Which states of before-all may stand for one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from cibw.execution.store.keys import KeyedHash, inputs_among, key_of_state, without_match
from cibw.model.machines import ContainerEngine, ContainerSpec, CreateOptions, Image
from cibw.model.plan import Job, Step, StepName
from unit_test.execution.test_flow import run
from unit_test.execution.trials import job_of

SPEC = ContainerSpec(engine=ContainerEngine(), image=Image(reference="x:1", oci_platform="linux/amd64"))
JOB = replace(job_of("one", "cp310", before_all=True), machine=SPEC, environment_pass=("TOKEN", "UNSET"))
FILES = {"a.c": "1", "src/b.c": "2", "src/deep/c.c": "3", "setup.py": "4", "docs": "5"}
GIT = {".git": "0", ".git/HEAD": "6", ".git/refs/tags/v1": "7", ".git/config": "8", "git's index": "9"}


def key(
    job: Job = JOB, image: str = "sha256:1", inputs: Mapping[str, str] = FILES, token: str = "x", secret: bytes = b"s"
) -> str:
    return key_of_state(job, image, inputs, {"TOKEN": token, "OTHER": token}, KeyedHash(secret))


OTHER_STEP = Step(name=StepName.BEFORE_ALL, actions=(run("other"),))
OTHER_ENGINE = ContainerEngine(create=CreateOptions(privileged=True))


@pytest.mark.parametrize(
    "other",
    [
        key(image="sha256:2"),
        key(inputs={**FILES, "a.c": "9"}),
        key(token="y"),
        key(secret=b"another"),
        key(replace(JOB, before_all=OTHER_STEP)),
        key(replace(JOB, machine=replace(SPEC, engine=OTHER_ENGINE))),
        key(replace(JOB, environment_pass=("TOKEN",))),
    ],
)
def test_what_before_all_depends_on_changes_the_key(other: str) -> None:
    assert other != key() == key()


def test_what_it_does_not_depend_on_changes_nothing() -> None:
    assert key(replace(JOB, name="two", builds=())) == key(inputs=dict(reversed(FILES.items()))) == key()


@pytest.mark.parametrize(
    ("patterns", "names"),
    [
        (("*.c",), ["a.c"]),
        (("**/*.c",), ["a.c", "src/b.c", "src/deep/c.c"]),
        (("src",), ["src/b.c", "src/deep/c.c"]),
        (("./src/deep/",), ["src/deep/c.c"]),
        (("src/**",), ["src/b.c", "src/deep/c.c"]),
        (("src/*/[!a].?", "setup.py"), ["src/deep/c.c", "setup.py"]),
        (("[a-b].c",), ["a.c"]),
        (("setup",), []),
        (("docs", "none"), ["docs"]),
    ],
)
def test_globs_name_inputs(patterns: tuple[str, ...], names: list[str]) -> None:
    assert list(inputs_among({**FILES, **GIT}, patterns)) == names


def test_without_globs_all_files_are_inputs_and_of_git_what_tells_the_version() -> None:
    assert inputs_among({**FILES, **GIT}, ()) == {**FILES, ".git/HEAD": "6", ".git/refs/tags/v1": "7"}


def test_globs_that_name_nothing_are_told() -> None:
    assert without_match(FILES, ("*.c", "*.h", "src", "none")) == ("*.h", "none")
