from __future__ import annotations

import pytest

from cibw.model.templates import Command, Placeholder, Template

BINDINGS = {Placeholder.PROJECT: "/project", Placeholder.WORK: "/work dir"}


def command(*argv: str | Placeholder, shell: bool = False, path_entry: Template | None = None) -> Command:
    return Command(
        argv=tuple(Template.of(argument) for argument in argv),
        cwd=Template.of(Placeholder.PROJECT),
        shell=shell,
        path_entry=path_entry,
    )


def test_a_program_reads_as_a_user_would_type_it() -> None:
    assert str(command("python", "-c", "print(1)")) == "python -c 'print(1)'"
    assert str(command("echo $X && ls", shell=True)) == "echo $X && ls"


def test_a_request_is_filled_in() -> None:
    request = command("ls", Placeholder.WORK).request(BINDINGS, {"A": "1"})
    assert request.argv == ("ls", "/work dir")
    assert request.cwd == "/project"
    assert request.environment == {"A": "1"}


def test_a_text_goes_to_the_shell() -> None:
    assert command("a | b", shell=True).request(BINDINGS, {}).argv == ("sh", "-c", "a | b")


@pytest.mark.parametrize(("before", "after"), [({"PATH": "/bin"}, "/work dir/bin:/bin"), ({}, "/work dir/bin:")])
def test_a_directory_may_come_first_on_the_path(before: dict[str, str], after: str) -> None:
    first = Template.of(Placeholder.WORK, "/bin")
    assert command("ls", path_entry=first).request(BINDINGS, before).environment["PATH"] == after
