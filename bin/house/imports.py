"""Libraries that only some files may import.

The rooms' order among themselves is import-linter's work; it cannot name single files by a pattern,
so the rule "only X imports Y" stands here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from house.sources import Finding, Source

CONTAINER = "cibw/running/container*.py"
HTTP = ("cibw/http_limits.py", "cibw/running/fetch*.py", "cibw/publishing/upload*.py", "cibw/publishing/trusted*.py")
ONLY: Mapping[str, tuple[str, ...]] = {
    "docker": (CONTAINER,),
    "subprocess": ("cibw/running/host*.py",),
    "urllib.request": HTTP,
    "http": HTTP,
    # The Docker SDK raises the errors of the libraries below it, and an engine listens on a socket.
    "requests": (*HTTP, CONTAINER),
    "urllib3": (*HTTP, CONTAINER),
    "socket": (*HTTP, CONTAINER),
    "platform": ("cibw/running/probe*.py",),
    "argparse": ("cibw/cli/*.py",),
    "bashlex": ("cibw/config/*.py",),
    "bracex": ("cibw/config/*.py",),
    "findpython": ("cibw/running/*.py",),
    "logging": (),
    "rich": ("cibw/reporting/*.py", "cibw/cli/*.py"),
    "cattrs": ("cibw/reporting/*.py",),
    "twine": ("cibw/publishing/upload_*.py",),
    "id": ("cibw/publishing/trusted*.py",),
    "sigstore": ("cibw/publishing/attest*.py",),
    "pypi_attestations": ("cibw/publishing/attest*.py",),
}
"""Module -> the files of cibw that may import it, by glob."""

ENVIRONMENT = ("cibw/running/probe*.py", "cibw/resources/*.py")
"""The files that may read `os.environ`."""


def check(source: Source) -> Iterator[Finding]:
    """Imports of a guarded library, and reads of the environment, outside the files that may."""
    if not source.matches("cibw/*") or source.matches("cibw/resources/*"):
        return
    for node in ast.walk(source.tree):
        for module in _imported(node):
            yield from _misplaced(source, module, getattr(node, "lineno", 1))
        if _reads_environment(node) and not source.matches(*ENVIRONMENT):
            message = "only running/probe*.py reads the environment"
            yield Finding(path=source.path, line=getattr(node, "lineno", 1), message=message)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [f"{node.module}.{name.name}" for name in node.names]
    return []


def _misplaced(source: Source, module: str, line: int) -> Iterator[Finding]:
    for guarded, places in ONLY.items():
        if f"{module}.".startswith(f"{guarded}.") and not source.matches(*places):
            where = f"only {' and '.join(places)} may" if places else "nothing may"
            yield Finding(path=source.path, line=line, message=f"imports {guarded}; {where}")


def _reads_environment(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.value.id == "os" and node.attr in ("environ", "environb", "getenv")
    return any(module in ("os.environ", "os.getenv") for module in _imported(node))
