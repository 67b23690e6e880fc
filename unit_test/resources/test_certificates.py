from __future__ import annotations

from pathlib import Path

import certifi
import pytest

from cibw.resources.certificates import bundled, main


def test_certificates_that_the_user_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.pem").write_text("mine")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    main(str(tmp_path / "deep" / "copy.pem"))
    assert (tmp_path / "deep" / "copy.pem").read_text() == "mine"


def test_certificates_of_certifi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    main(str(tmp_path / "copy.pem"))
    assert (tmp_path / "copy.pem").read_bytes() == Path(certifi.where()).read_bytes()
    assert Path(bundled()).samefile(certifi.where())
