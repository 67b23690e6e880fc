"""What `cibw sdist` tells."""

from __future__ import annotations

from cibw.model.distribution import Distribution
from cibw.reporting.look import Look
from cibw.reporting.wording import duration, size


def begun_line(directory: str, look: Look) -> str:
    """What is about to be done."""
    return look.bold(f"Building the sdist into {directory}")


def built_lines(sdist: Distribution, path: str, seconds: float, look: Look) -> list[str]:
    """An sdist that was built."""
    mark = look.good(look.symbol("✓", "ok"))
    facts = look.dim(f"{size(sdist.size)}, {duration(seconds)}")
    return [f"{mark} {look.bold(path)} {facts}", _hash(sdist, look)]


def kept_lines(sdist: Distribution, path: str, look: Look) -> list[str]:
    """An sdist that is there already."""
    mark = look.good(look.symbol("→", "->"))
    facts = look.dim(f"{size(sdist.size)}, built before from the same source; --force builds it anew")
    return [f"{mark} {look.bold(path)} {facts}", _hash(sdist, look)]


def _hash(sdist: Distribution, look: Look) -> str:
    return look.dim(f"  SHA-256 {sdist.sha256}")
