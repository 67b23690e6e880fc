"""One form for what both programs write in their own way: where things lie, and how flags are joined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from tests.peer.commands.calls import Call

_PEER = r"/tmp/peer-\w+"
_PEER_BUILD = rf"{_PEER}/run/[^/\s]+"
_OWN_BUILD = r"/own/work/[^/\s']+"
_END = r"(?![\w.-])"
_PLACES = (
    # cibuildwheel on the host
    (rf"{_PEER_BUILD}/build/venv", "<build-env>"),
    (rf"{_PEER_BUILD}/build/extra-setup\.cfg", "<cross-settings>"),
    (rf"{_PEER_BUILD}/built_wheel", "<built>"),
    (rf"{_PEER_BUILD}/(?:repaired_wheel|audit)", "<repaired>"),
    (rf"{_PEER_BUILD}/venv-test(?:-\w+)?", "<test-env>"),
    (rf"{_PEER_BUILD}/test_cwd", "<test>"),
    (rf"{_PEER}/run/audit_venv", "<audit-env>"),
    (rf"{_PEER}/wheelhouse", "<repaired>"),
    (rf"{_PEER}/cache/(?:interpreters|nuget-cpython)/[^/\s]+", "<base>"),
    (rf"{_PEER}/cache/(?:pypy|graalpy)[^/\s]+", "<base>"),
    ("/tools/uv", "uv"),
    # cibuildwheel in a container
    ("/tmp/cibuildwheel/built_wheel", "<built>"),
    ("(?:/tmp/cibuildwheel/repaired_wheel|/output)", "<repaired>"),
    ("/tmp/testing/venv", "<test-env>"),
    ("/tmp/testing/test_cwd", "<test>"),
    # cibw
    (rf"{_OWN_BUILD}/project|/own/source", "<project>"),
    (rf"{_OWN_BUILD}/built", "<built>"),
    (rf"{_OWN_BUILD}/(?:repaired|reused)", "<repaired>"),
    (rf"{_OWN_BUILD}/(build-env|test-env|audit-env|uv-env|compilers|test)", r"<\1>"),
    (rf"{_OWN_BUILD}/cross\.cfg", "<cross-settings>"),
    (r"/own/cache/interpreters/[^/\s]+", "<base>"),
    (r"/Library/Frameworks/PythonT?\.framework/Versions/[0-9.]+", "<base>"),
    (rf"(?:{_OWN_BUILD}|/own/resources)/certificates\.pem", "<certificates>"),
    # both
    ("/certificates.pem|/cibuildwheel-ca-bundle.pem", "<certificates>"),
    ("/project", "<project>"),
)
_CONSTRAINTS = re.compile(
    rf"file:///\S+\.txt|/\S+/cibuildwheel/resources/constraints\S*\.txt|{_PEER}/\S+/constraints\.txt|/constraints\.txt|{_OWN_BUILD}/constraints\.txt"
)
_BASE_PYTHON = re.compile(r"(<base>(?:/bin|/tools)?)/(?:python|pypy|graalpy)[0-9.]*t?(?=\.exe|\s|$)")
_WINDOWS_PATH = re.compile(r"\\own\\[^\s'\";]+")
_JOINTS = re.compile(r"\s+&& ")
_COUNTED = re.compile(r"-(v+|q+)")


class Normal:
    """The form that both answers to one call are brought into."""

    def __init__(self, call: Call) -> None:
        places = ((re.escape(call["directory"]), "<project>"), *_PLACES)
        self._places = tuple((re.compile(pattern + _END), name) for pattern, name in places)
        self._separator = ";" if call["platform"] == "windows" else ":"

    def text(self, text: str) -> str:
        """A text with names for places; constraints are compared by their contents elsewhere."""
        text = _WINDOWS_PATH.sub(lambda found: found[0].replace("\\", "/"), text)
        text = _CONSTRAINTS.sub("<constraints>", text)
        for pattern, name in self._places:
            text = pattern.sub(name, text)
        text = _BASE_PYTHON.sub(r"\1/python", text)
        return _JOINTS.sub(" && ", text.strip())

    def environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The variables that programs see; those that configure the two programs are no part of it."""
        return {name: self.text(value) for name, value in environment.items() if not name.startswith("CIBW_")}

    def entries(self, path: str) -> list[str]:
        """The directories of PATH."""
        return path.split(self._separator)

    def program(self, argv: list[str], environment: Mapping[str, str]) -> list[str]:
        """A command with `python` and `pip` as the Python that PATH finds."""
        entries = self.entries(environment.get("PATH", ""))
        homes = [
            one for one in entries if one.endswith(("-env>/bin", "-env>/Scripts")) or one.startswith("/opt/python/")
        ]
        ending = ".exe" if self._separator == ";" else ""
        python = f"{next(iter(homes), '<none>')}/python{ending}"
        match argv:
            case ["pip", *rest]:
                return [python, "-m", "pip", *rest]
            case ["python", *rest]:
                return [python, *rest]
            case ["arch", processor, *rest]:
                return ["arch", processor, *self.program(rest, environment)]
            case _:
                return argv


def flags(words: Iterable[str]) -> list[str]:
    """Flags one by one: `-Ckey=value` and `-vv` in pieces."""
    return list(_flags(words))


def _flags(words: Iterable[str]) -> Iterator[str]:
    for word in words:
        counted = _COUNTED.fullmatch(word)
        if counted:
            yield from (f"-{letter}" for letter in counted[1])
        elif word.startswith("-C") and len(word) > 2:
            yield from ("-C", word[2:])
        else:
            yield word
