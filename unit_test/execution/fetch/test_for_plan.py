from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from cibw.errors import DownloadError
from cibw.execution.fetch.download import DownloadSettings, fetcher_of
from cibw.model.plan import Fetch
from cibw.model.templates import Template
from tests.doubles.fetch import RecordingTransport, Scripted

URL = "https://example.com/python.zip"


def zip_of(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return buffer.getvalue()


def have(tmp_path: Path, content: bytes, *, unpack: bool, sha256: str | None = None) -> tuple[Path, RecordingTransport]:
    transport = RecordingTransport((Scripted(pieces=(content,)),))
    proof = hashlib.sha256(content).hexdigest() if sha256 is None else sha256
    target = tmp_path / "interpreters" / "python"
    wanted = Fetch(url=URL, sha256=proof, path=Template.of(str(target)), unpack=unpack)
    fetcher = fetcher_of(lambda: DownloadSettings(transport=transport, cache=tmp_path / "cache"))
    fetcher(wanted, str(target))
    fetcher(wanted, str(target))
    return target, transport


def test_a_file_is_fetched_once(tmp_path: Path) -> None:
    target, transport = have(tmp_path, b"package", unpack=False)
    assert target.read_bytes() == b"package"
    assert transport.asked == [URL]


@pytest.mark.parametrize("names", [("top/bin/python", "top/lib/a.py"), ("bin/python", "lib/a.py")])
def test_an_archive_is_unpacked_without_the_directory_around_it(tmp_path: Path, names: tuple[str, ...]) -> None:
    target, transport = have(tmp_path, zip_of(*names), unpack=True)
    found = sorted(path.relative_to(target).as_posix() for path in target.rglob("*.*") if path.is_file())
    assert found == ["lib/a.py"]
    assert (target / "bin" / "python").is_file()
    assert sorted(path.name for path in target.parent.iterdir() if path.suffix != ".lock") == ["python"]
    assert transport.asked == [URL]


def test_what_is_not_proved_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="does not have the expected hash"):
        have(tmp_path, b"other", unpack=False, sha256="0" * 64)
    assert not (tmp_path / "interpreters" / "python").exists()
