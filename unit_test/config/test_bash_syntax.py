from __future__ import annotations

import pytest

from cibw.config.shell import parse_assignments
from cibw.config.shell_syntax import check_command


@pytest.mark.parametrize(
    "command",
    [
        "",
        " ",
        "date +%F",
        "a | b && c; d > e",
        "for i in 1 2; do echo $i; done",
        "python -c 'import x; print(1)'",
        "case x in a) echo;; esac",
        "echo $((1 + 2))",
        "[[ a == b ]] && echo c",
        "time ls",
        "#",
        "# only a comment",
    ],
)
def test_sound(command: str) -> None:
    check_command(command)


@pytest.mark.parametrize("command", ["| a", "a && | b", "if true; then", "echo 'a", "a; ) b"])
def test_broken(command: str) -> None:
    with pytest.raises(ValueError, match=r"cannot parse"):
        check_command(command)


def test_what_the_library_does_not_know_is_left_to_the_shell() -> None:
    check_command("echo $(expr 1) $[1+2]")


@pytest.mark.parametrize("text", ["A=$(| b)", "A=`| b`"])
def test_a_broken_command_of_an_assignment_names_the_variable(text: str) -> None:
    with pytest.raises(ValueError, match=r"^A: cannot parse the command"):
        parse_assignments(text)
