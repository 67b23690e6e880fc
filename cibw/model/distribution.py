"""Distributions: the files of a release."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename
from packaging.version import Version

from cibw.model.wheel import WheelName

SDIST_ENDING = ".tar.gz"
WHEEL_ENDING = ".whl"
ATTESTATION_ENDING = ".publish.attestation"
PROVENANCE_ENDING = ".slsa.attestation"


class DistributionKind(Enum):
    """The kind of a distribution; the value is the `filetype` in the upload protocol."""

    WHEEL = "bdist_wheel"
    SDIST = "sdist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A wheel or an sdist, with its size in bytes and its SHA-256.

    `project` is the normalized name (PEP 503). `wheel` is the parsed wheel name, and None for an sdist.
    """

    filename: str
    kind: DistributionKind
    project: str
    version: Version
    size: int
    sha256: str
    wheel: WheelName | None = None

    @classmethod
    def parse(cls, filename: str, *, size: int, sha256: str) -> Distribution:
        """Parse a file name (binary distribution format; PEP 625); ValueError if it is not a distribution."""
        if filename.endswith(WHEEL_ENDING):
            wheel = WheelName.parse(filename)
            return cls(
                filename=filename,
                kind=DistributionKind.WHEEL,
                project=canonicalize_name(wheel.project),
                version=wheel.version,
                size=size,
                sha256=sha256,
                wheel=wheel,
            )
        if not filename.endswith(SDIST_ENDING):
            raise ValueError(f"{filename} is neither a wheel (.whl) nor an sdist (.tar.gz)")
        try:
            project, version = parse_sdist_filename(filename)
        except InvalidSdistFilename as error:
            raise ValueError(str(error)) from error
        return cls(
            filename=filename,
            kind=DistributionKind.SDIST,
            project=project,
            version=version,
            size=size,
            sha256=sha256,
        )


def is_distribution_name(filename: str) -> bool:
    """Whether a file name has the extension of a wheel or an sdist."""
    return filename.endswith((WHEEL_ENDING, SDIST_ENDING))


def upload_order(distributions: tuple[Distribution, ...]) -> tuple[Distribution, ...]:
    """Sort wheels by name, then sdists, so that the wheels are available before the sdist."""
    return tuple(sorted(distributions, key=lambda one: (one.kind is DistributionKind.SDIST, one.filename)))
