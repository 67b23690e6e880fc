"""The output of `cibw sdist`."""

from __future__ import annotations

from cibw.model.distribution import Distribution
from cibw.reporting.look import Look
from cibw.reporting.wording import duration, size


def begun_line(directory: str, look: Look) -> str:
    """The line before the build."""
    return look.bold(f"Building the sdist into {directory}")


def built_lines(sdist: Distribution, path: str, seconds: float, look: Look) -> list[str]:
    """An sdist that was built."""
    mark = look.good(look.symbol("✓", "ok"))
    facts = look.dim(f"{size(sdist.size)}, {duration(seconds)}")
    return [f"{mark} {look.bold(path)} {facts}", _hash(sdist, look)]


def kept_lines(sdist: Distribution, path: str, look: Look) -> list[str]:
    """An sdist that already exists."""
    mark = look.good(look.symbol("→", "->"))
    facts = look.dim(f"{size(sdist.size)}, already built from the same source; --force rebuilds it")
    return [f"{mark} {look.bold(path)} {facts}", _hash(sdist, look)]


def _hash(sdist: Distribution, look: Look) -> str:
    return look.dim(f"  SHA-256 {sdist.sha256}")
