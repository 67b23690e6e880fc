"""Class names are unique and use the words of docs/terminology.md, and texts have no unidiomatic phrases."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
_ROW = re.compile(r"^\| (?!not \||---)([^|]+?) \|", re.MULTILINE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")

_ODD_PHRASES = re.compile(
    r"let(s|ting)? (us|cibw) in(to)?\b|\bin vain\b|\bcomes? along\b|come to their end|\bapart by\b"
    r"|(?<!there )\bis no (number|list|string|table|file)\b|\bis told at once\b|\bhas a mistake\b"
    r"|goes before the earlier|of the network at|\bcan't be had\b|did not answer completely",
    re.IGNORECASE,
)
_RIGHT_IN_ANOTHER_SENSE = {"backend", "package", "config", "settings", "kind", "script", "python version"}


def class_names() -> list[str]:
    """The names of all classes of cibw."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "cibw").rglob("*.py")))
    return [node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]


def words_not_to_use(page: str) -> set[str]:
    """The words of the last table that no class name may have, in lower case."""
    table = page.partition("## Words not to use")[2]
    parts = (part.partition(", for ")[0].strip() for cell in _ROW.findall(table) for part in cell.lower().split(";"))
    return {word for part in parts for word in part.split(", ")} - _RIGHT_IN_ANOTHER_SENSE


def words_of(name: str) -> str:
    """The words of a class name, separated by blanks and in lower case."""
    return " ".join(_WORD.findall(name)).lower()


def test_a_class_name_exists_once() -> None:
    assert [name for name, count in Counter(class_names()).items() if count > 1] == []


def test_class_names_use_none_of_the_words_not_to_use() -> None:
    words = words_not_to_use((ROOT / "docs" / "terminology.md").read_text(encoding="utf-8"))
    assert {"phase", "stage", "abi wheel"} <= words
    assert [name for name in class_names() if any(f" {word} " in f" {words_of(name)} " for word in words)] == []


def test_words_of_class_names() -> None:
    assert words_of("MachinePool") == "machine pool"
    assert words_of("_OCIImage2") == "oci image2"


def test_no_odd_phrase_is_in_the_texts() -> None:
    files = [
        *(path for path in (ROOT / "cibw").rglob("*") if path.suffix in {".py", ".c", ".h", ".sh", ".yml", ".json"}),
        *(ROOT / "docs").glob("*.md"),
        ROOT / "README.md",
    ]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _ODD_PHRASES.search(line)
    ]
    assert found == []
    assert _ODD_PHRASES.search("Nothing lets cibw into the index. Looked for in vain:")
