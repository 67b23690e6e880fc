"""Image references and OCI platforms; pure."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.running.container_api import LocalImage

_VARIANTS = {"arm64": "v8", "arm": "v7"}
"""The variant that an architecture means when it names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An image's name, with its tag and digest or empty strings."""

    name: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Take a reference apart; nothing is checked."""
        rest, _, digest = text.partition("@")
        tail = rest.rpartition("/")[2]
        tag = tail.partition(":")[2]
        return cls(name=rest.removesuffix(f":{tag}") if tag else rest, tag=tag, digest=digest)

    @property
    def pinned(self) -> str:
        """The reference by its digest, else by its tag; Podman refuses one that has both."""
        return f"{self.name}@{self.digest}" if self.digest else self.tagged

    @property
    def tagged(self) -> str:
        """The reference by its tag."""
        return f"{self.name}:{self.tag or 'latest'}"

    @property
    def has_registry(self) -> bool:
        """Whether the name begins with the host of a registry."""
        first, separator, _ = self.name.partition("/")
        return bool(separator) and (first == "localhost" or "." in first or ":" in first)


def local_names(reference: Reference) -> tuple[str, ...]:
    """The names under which an engine may have an image, most exact first.

    Podman keeps images that were made on the spot below `localhost/`.
    """
    names = [reference.pinned]
    if reference.digest and reference.tag:
        names.append(reference.tagged)
    if not reference.has_registry:
        names += [f"localhost/{name}" for name in names]
    return tuple(names)


def is_meant(image: LocalImage, reference: Reference) -> bool:
    """Whether an image found by its name or tag may stand for a reference.

    A pinned digest rules out an image that was pulled with another one; an image that was loaded
    from a file or made on the spot has no digest of a registry and is taken by its tag.
    """
    if not reference.digest:
        return True
    known = [digest for digest in image.digests if not digest.startswith("localhost/")]
    return not known or any(digest.endswith(f"@{reference.digest}") for digest in known)


def same_platform(wanted: str, found: str) -> bool:
    """Whether two OCI platforms (`linux/arm/v7`) mean the same; a missing variant is the usual one."""
    return _full(wanted) == _full(found)


def _full(platform: str) -> tuple[str, str, str]:
    system, architecture, variant = (*platform.split("/"), "", "")[:3]
    return system, architecture, variant or _VARIANTS.get(architecture, "")
