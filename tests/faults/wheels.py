"""What every output directory must be like, whatever happened to the run that wrote it."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from zipfile import ZipFile

from cibw.reporting.codecs import report_from_json

Contents = Mapping[str, bytes]
KNOWN_NAMES = {"report.json", "dist.json", "logs"}


def contents_of(wheel: Path) -> dict[str, bytes]:
    """The files in a wheel without its RECORD, once the checksums of the archive and RECORD have been verified."""
    with ZipFile(wheel) as archive:
        assert archive.testzip() is None, f"{wheel.name}: wrong checksum"
        names = archive.namelist()
        assert len(names) == len(set(names)), f"{wheel.name}: a name occurs twice"
        files = {name: archive.read(name) for name in names if not name.endswith("/")}
    (record,) = (name for name in files if name.endswith(".dist-info/RECORD"))
    rows = list(csv.reader(io.StringIO(files.pop(record).decode())))
    listed = {name: (digest, size) for name, digest, size in rows if name != record}
    assert listed.keys() == files.keys(), f"{wheel.name}: RECORD lists other files than the archive holds"
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        assert listed[name] == (f"sha256={digest}", str(len(data))), f"{wheel.name}: {name} does not match RECORD"
    return files


def check_wheels(output_dir: Path, expected: Mapping[str, Contents]) -> None:
    """Every wheel in a directory is complete, and has the content that an undisturbed build gives it."""
    for wheel in sorted(output_dir.glob("*.whl")):
        assert wheel.name in expected, f"unexpected wheel {wheel.name}"
        found = contents_of(wheel)
        wrong = sorted(
            name for name in found.keys() | expected[wheel.name].keys() if differs(found, expected, wheel, name)
        )
        assert not wrong, f"{wheel.name}: wrong content in {', '.join(wrong)}"


def differs(found: Contents, expected: Mapping[str, Contents], wheel: Path, name: str) -> bool:
    """Whether a file of a wheel is missing or another one than expected."""
    return found.get(name) != expected[wheel.name].get(name)


def check_records(output_dir: Path, *, complete: bool) -> None:
    """report.json and dist.json are absent or true.

    Where the run succeeded (`complete`), both are there and list all wheels. After a fault, an older file of a previous
    run may be there.
    """
    wheels = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in output_dir.glob("*.whl")}
    listed = _listed(output_dir / "dist.json")
    reported = _reported(output_dir / "report.json")
    for found, name in ((listed, "dist.json"), (reported, "report.json")):
        assert found is not None or not complete, f"{name} is missing"
        for wheel, digest in (found or {}).items():
            assert wheels.get(wheel) == digest, f"{name} does not match {wheel}"
    if complete:
        assert listed == wheels, "dist.json does not list exactly the wheels that are there"


def check_nothing_else(output_dir: Path) -> None:
    """Nothing but finished files is in an output directory."""
    names = {path.name for path in output_dir.iterdir() if path.suffix != ".whl"}
    # A lock on the directory may stay, for removing one is a race.
    strange = {name for name in names - KNOWN_NAMES if not name.endswith(".lock")}
    assert not strange, f"leftovers in {output_dir}: {sorted(strange)}"


def _listed(path: Path) -> dict[str, str] | None:
    if not path.exists():
        return None
    table = json.loads(path.read_text(encoding="utf-8"))
    return {file["filename"]: file["sha256"] for file in table["files"]}


def _reported(path: Path) -> dict[str, str] | None:
    if not path.exists():
        return None
    report = report_from_json(path.read_text(encoding="utf-8"))
    wheels = [result.wheel for result in report.results if result.wheel is not None]
    return {wheel.filename: wheel.sha256 for wheel in wheels}
