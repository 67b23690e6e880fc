from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cibw.execution.store.input_files import KNOWN, FoundNames, names_in, programs_in, relative_names_in

VARIABLES = {"HOME": "/home/me", "LIB": "/opt/lib", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("/x/con.txt", ["/x/con.txt"]),
        ("/x/My Files/con.txt", ["/x/My", "/x/My Files/con.txt"]),
        ("/x/a.txt /x/b.txt", ["/x/a.txt", "/x/b.txt"]),
        ("-O2 -include /x/y.h", ["/x/y.h"]),
        ("-I/x/include -isystem/y", ["/x/include", "/y"]),
        ("-Wl,-rpath,/x/lib", ["/x/lib"]),
        ("/x/lib:/y/lib", ["/x/lib", "/y/lib"]),
        ("@/x/response.txt", ["/x/response.txt"]),
        ("--cross-file=/x/cross.ini", ["/x/cross.ini"]),
        ("file:///x/wheels", ["/x/wheels"]),
        ("pkg @ file:///x/a%20b.whl", ["/x/a b.whl"]),
        ("cat '/x/a b' > c", ["/x/a b"]),
        ("$HOME/a ${HOME}/b ~/c", ["/home/me/a", "/home/me/b", "/home/me/c"]),
        ("${UNSET:-/x/default}", ["/x/default"]),
        ("$(cat /x/flags)", ["/x/flags"]),
        ("`cat $LIB/flags`", ["/opt/lib/flags"]),
        ("A=$(cat $(echo /x/name))", ["/x/name"]),
        ("sh -c 'cp /x/a .'", ["/x/a"]),
        ("cp /x/*.h include", ["/x"]),
        ("cp /x/{a,b}.h include", ["/x/"]),
        ("for f in a b; do cp /x/$f .; done", ["/x"]),
        ("open('/x/data').read()", ["/x/data"]),
        ("C:\\x\\con.txt", ["C:\\x\\con.txt"]),
        ("https://example.org/x git+ssh://a/b //a/b", []),
        (f"pytest {KNOWN}/tests && ls $(pwd)/x", []),
        ("-DNAME=1 -O2", []),
        ("", []),
    ],
)
def test_names_in_texts(text: str, names: list[str]) -> None:
    assert {name for name in names_in(text, VARIABLES).absolute if name.rstrip("\\") in names or name in names} == set(
        names
    )
    if not names:
        assert not names_in(text, VARIABLES).absolute


def test_names_that_only_a_run_can_know() -> None:
    assert names_in("-L$(brew --prefix)/lib", {}).unknown == {"-L$(...)/lib"}
    assert names_in("`tool`/lib", {}).unknown == {"$(...)/lib"}
    assert names_in("cp ~build/a.h . && cat HEAD~a/b", {"HOME": "/home/me"}).unknown == {"~build/a.h"}
    assert not names_in("$(python -c 'import a')/x $(git rev-parse HEAD) $(tool)", {}).unknown
    assert names_in("/host$(pwd)/a /host/$X/b", {}).beginnings == {f"/host{KNOWN}".rstrip(KNOWN), "/host/"}


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert isinstance(names_in(text, VARIABLES), FoundNames)
    list(relative_names_in(text))
    list(programs_in(text))


def test_values_of_variables_are_not_read_again() -> None:
    assert "/y" in names_in("$A", {"A": "$(cat /x/a)$A /y"}).absolute


def test_a_long_text_is_read_in_linear_time() -> None:
    for text in (
        "$(" * 20_000,
        "${A:-" * 20_000,
        "/x " * 50_000,
        "`" * 50_001,
        "'" * 50_001,
        "$A" * 50_000,
        "$(" * 9_000 + ")" * 9_000,
    ):
        names_in(text, VARIABLES)


def test_names_beside_a_file() -> None:
    found = set(relative_names_in('-c ../other.txt\n-r base.txt\n#include "sub/z.h"\nname==1.0 ./x.whl word'))
    assert {"../other.txt", "base.txt", "sub/z.h", "./x.whl"} <= found
    assert "word" not in found


def test_programs_of_a_command() -> None:
    text = "A=1 tool x && other | third; ./script; /x/absolute; $VAR; (sub a)\nlast"
    assert list(programs_in(text)) == ["tool", "other", "third", "sub", "last"]
    assert list(programs_in("if ! one; then A=1 env B=2 two; fi")) == ["one", "two", "fi"]
    assert list(programs_in("echo $(three) `four`")) == ["echo", "three", "four"]
