"""Wheels and sdists as files, right in everything that a test does not change."""

from __future__ import annotations

import base64
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

TAG = "cp312-cp312-manylinux_2_17_x86_64"
README = "Content\n=======\n\nand more.\n"
FIELDS = (
    "Summary: small",
    "Author-email: Ada <ada@example.org>",
    "License-Expression: MIT",
    "License-File: LICENSE",
    "Classifier: Typing :: Typed",
    "Requires-Python: >=3.9",
    "Requires-Dist: packaging>=24",
    "Project-URL: Source, https://example.org/demo",
    "Description-Content-Type: text/x-rst",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a distribution is made of; `fields` are lines of metadata, `extra` are more members of a wheel."""

    project: str = "demo"
    version: str = "1.0"
    tag: str = TAG
    fields: tuple[str, ...] = FIELDS
    metadata_version: str = "2.4"
    readme: str = README
    extra: Mapping[str, bytes] = field(default_factory=dict)
    method: int = zipfile.ZIP_DEFLATED

    @property
    def base(self) -> str:
        """The name and the version, as they begin file names."""
        return f"{self.project}-{self.version}"

    @property
    def metadata(self) -> str:
        """The text of METADATA and PKG-INFO."""
        first = (f"Metadata-Version: {self.metadata_version}", f"Name: {self.project}", f"Version: {self.version}")
        return "\n".join((*first, *self.fields, "", self.readme))

    def wheel_files(self) -> dict[str, bytes]:
        """The members of a wheel, RECORD last."""
        info = f"{self.base}.dist-info"
        texts = {
            f"{self.project}/__init__.py": b"",
            f"{info}/METADATA": self.metadata.encode(),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: {self.tag}\n".encode(),
            f"{info}/licenses/LICENSE": b"MIT",
            **self.extra,
        }
        rows = [f"{name},{digest(data)},{len(data)}" for name, data in texts.items()]
        return {**texts, f"{info}/RECORD": "\n".join((*rows, f"{info}/RECORD,,", "")).encode()}

    def wheel(self, directory: Path, files: Mapping[str, bytes] | None = None) -> Path:
        """Write the wheel, or one with other members, and give its path."""
        path = directory / f"{self.base}-{self.tag}.whl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", self.method) as archive:
            for name, data in (self.wheel_files() if files is None else files).items():
                archive.writestr(zipfile.ZipInfo(name), data, self.method)
        return path

    def sdist(self, directory: Path, files: Mapping[str, bytes] | None = None) -> Path:
        """Write the sdist, or one with other members, and give its path."""
        path = directory / f"{self.base}.tar.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        usual = {f"{self.base}/PKG-INFO": self.metadata.encode(), f"{self.base}/LICENSE": b"MIT"}
        with tarfile.open(path, "w:gz") as archive:
            for name, data in (usual if files is None else files).items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
        return path


def digest(data: bytes, algorithm: str = "sha256") -> str:
    """A hash as RECORD has it."""
    made = base64.urlsafe_b64encode(hashlib.new(algorithm, data).digest()).decode().rstrip("=")
    return f"{algorithm}={made}"
