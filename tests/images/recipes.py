"""Which images there are; a changed recipe gets the next number, and so a new image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.images import aarch64, debian, manylinux, musllinux
from tests.images.rootfs import environment


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """How an image is named and made."""

    name: str
    arch: str
    number: int
    environment: Mapping[str, str]
    make_root: Callable[[Path, Path], None]

    @property
    def reference(self) -> str:
        """Return the name of the image with its tag, as Docker lists it."""
        return f"cibw-test/{self.name.replace('-', '_')}:{self.number}"

    @property
    def setting(self) -> str:
        """Return the environment variable that names the image to the tests."""
        return f"TESTS_IMAGE_{self.name.replace('-', '_').upper()}"


def recipes() -> dict[str, Recipe]:
    """Return the recipes by their name, the quickest to make first."""
    glibc = "manylinux_{}_{}".format(*debian.glibc())
    found = [
        Recipe(
            name="manylinux-x86_64",
            arch="x86_64",
            number=1,
            environment=environment(f"{glibc}_x86_64", "x86_64", glibc),
            make_root=manylinux.make_root,
        ),
        Recipe(
            name="musllinux-x86_64",
            arch="x86_64",
            number=1,
            environment=musllinux.ENVIRONMENT,
            make_root=musllinux.make_root,
        ),
        Recipe(
            name="manylinux-aarch64",
            arch="aarch64",
            number=1,
            environment=environment(f"{glibc}_aarch64", "aarch64", glibc),
            make_root=aarch64.make_root,
        ),
    ]
    return {recipe.name: recipe for recipe in found}
