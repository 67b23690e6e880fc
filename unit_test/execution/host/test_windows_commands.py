from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.execution.host.windows import find_program, windows_environment, windows_start
from cibw.model.templates import CommandRequest, Shell

FILES = frozenset({"C:\\py\\python.exe", "C:\\node\\npm.cmd", "C:\\node\\npm", "C:\\p\\tool.exe", "C:\\p\\a.b.exe"})
ENVIRONMENT = {"Path": 'C:/py;"C:\\node";;C:\\p', "ComSpec": "C:\\Windows\\cmd.exe"}


def is_file(path: str) -> bool:
    return path in FILES


def line_of(*argv: str) -> str:
    return windows_start(CommandRequest(argv=argv, cwd="C:\\p", environment=ENVIRONMENT), is_file).command_line


def test_variables_have_one_name_each() -> None:
    found = windows_environment({"Path": "old", "Include": "a/b", "PATH": "C:/x;D:\\y"})
    assert found == {"PATH": "C:\\x;D:\\y", "INCLUDE": "a/b"}


def test_a_text_goes_to_the_shell_as_it_is() -> None:
    line = line_of(*Shell.CMD.argv('echo "a b" && "C:\\x y\\z" %X%'))
    assert line == 'C:\\Windows\\cmd.exe /d /s /c "echo "a b" && "C:\\x y\\z" %X%"'


def test_a_shell_is_found_without_comspec() -> None:
    request = CommandRequest(argv=Shell.CMD.argv("dir"), cwd="C:\\", environment={})
    assert windows_start(request, is_file).command_line == 'cmd.exe /d /s /c "dir"'


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("python", "C:\\py\\python.exe"),
        ("python.exe", "C:\\py\\python.exe"),
        ("npm", "C:\\node\\npm.cmd"),
        ("a.b", "C:\\p\\a.b.exe"),
        ("tool", "C:\\p\\tool.exe"),
        ("./tool", "C:\\p\\tool.exe"),
        ("C:/py/python.exe", "C:\\py\\python.exe"),
    ],
)
def test_a_program_is_found_as_cmd_finds_it(name: str, path: str) -> None:
    assert find_program(name, "C:\\p", windows_environment(ENVIRONMENT), is_file) == path


def test_pathext_says_which_endings_count() -> None:
    environment = {"PATH": "C:\\node;C:\\p", "PATHEXT": ".PY;.EXE"}
    assert find_program("tool", "C:\\", environment, is_file) == "C:\\p\\tool.exe"
    with pytest.raises(FileNotFoundError, match="npm"):
        find_program("npm", "C:\\", environment, is_file)


def test_the_working_directory_is_not_searched() -> None:
    with pytest.raises(FileNotFoundError):
        find_program("tool", "C:\\p", {"PATH": "C:\\py"}, is_file)


@pytest.mark.parametrize(
    ("argument", "quoted"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("a b", '"a b"'),
        ("C:\\a b\\", '"C:\\a b\\\\"'),
        ("C:\\a\\", "C:\\a\\"),
        ('say "hi"', '"say \\"hi\\""'),
        ('a\\"b', '"a\\\\\\"b"'),
        ("%X% & y", '"%X% & y"'),
    ],
)
def test_arguments_of_a_program(argument: str, quoted: str) -> None:
    assert line_of("python", argument) == f'"C:\\py\\python.exe" {quoted}'


@given(st.text(st.sampled_from('ab \\"\t')))
def test_the_library_of_windows_reads_what_was_meant(argument: str) -> None:
    assert _as_windows_reads(line_of("python", argument, "last")) == ["C:\\py\\python.exe", argument, "last"]


def test_a_batch_file_gets_words_that_cmd_leaves_alone() -> None:
    line = line_of("npm", "install", "a&b", 'x"y', "%X%")
    words = '"install" "a&b" "x""y" "%%cd:~,%X%%cd:~,%"'
    assert line == f'C:\\Windows\\cmd.exe /e:on /v:off /d /s /c ""C:\\node\\npm.cmd" {words}"'


def test_a_batch_file_gets_no_line_breaks() -> None:
    with pytest.raises(ValueError, match="a batch file cannot be given the argument"):
        line_of("npm", "a\nb")


def _as_windows_reads(line: str) -> list[str]:
    """The rules of CommandLineToArgvW, as Microsoft documents them."""
    words: list[str] = []
    word, quoted, backslashes, begun = "", False, 0, False
    for character in f"{line} ":
        if character == "\\":
            backslashes += 1
            continue
        if character == '"':
            word += "\\" * (backslashes // 2)
            word += '"' * (backslashes % 2)
            quoted ^= not backslashes % 2
            begun = True
        elif character in " \t" and not quoted:
            word += "\\" * backslashes
            words += [word] if word or begun else []
            word, begun = "", False
        else:
            word += "\\" * backslashes + character
        backslashes = 0
    return words
