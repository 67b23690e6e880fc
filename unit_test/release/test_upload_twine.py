from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from cibw.errors import UploadError
from cibw.model.release import Decision, PackageIndex, PlannedUpload
from cibw.release.responses import Credentials
from cibw.release.twine import TwineUploader
from cibw.release.upload_plan import read_distribution
from unit_test.release.archives import Made


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_a_damaged_file_is_not_sent(tmp_path: Path, kind: str) -> None:
    path = Made().wheel(tmp_path) if kind == "wheel" else Made().sdist(tmp_path)
    data = bytearray(path.read_bytes())
    data[data.index(b"METADATA") + 12 if kind == "wheel" else -9] ^= 0xFF
    path.write_bytes(data)
    upload = PlannedUpload(distribution=read_distribution(path).distribution, path=str(path), decision=Decision.SEND)
    index = PackageIndex(name="here", upload="https://127.0.0.1:1/")
    uploader = TwineUploader(index=index, context=ssl.create_default_context())
    with pytest.raises(UploadError, match="Cannot read"):
        uploader.put(upload, Credentials(username="a", password="b"))
