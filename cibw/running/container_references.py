"""Image references and OCI platforms; pure."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.running.container_api import LocalImage

_VARIANTS = {"arm64": "v8", "arm": "v7"}
"""The default variant of an architecture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """An image name with its tag and digest, which may be empty."""

    name: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Split a reference into its parts without validation."""
        rest, _, digest = text.partition("@")
        tail = rest.rpartition("/")[2]
        tag = tail.partition(":")[2]
        return cls(name=rest.removesuffix(f":{tag}") if tag else rest, tag=tag, digest=digest)

    @property
    def pinned(self) -> str:
        """Return the reference with its digest, else with its tag. Podman rejects references that have both."""
        return f"{self.name}@{self.digest}" if self.digest else self.tagged

    @property
    def tagged(self) -> str:
        """Return the reference with its tag."""
        return f"{self.name}:{self.tag or 'latest'}"

    @property
    def has_registry(self) -> bool:
        """Return whether the name begins with a registry host."""
        first, separator, _ = self.name.partition("/")
        return bool(separator) and (first == "localhost" or "." in first or ":" in first)


def local_names(reference: Reference) -> tuple[str, ...]:
    """Return the names that an engine may list an image under, most exact first.

    Podman stores locally built images below `localhost/`.
    """
    names = [reference.pinned]
    if reference.digest and reference.tag:
        names.append(reference.tagged)
    if not reference.has_registry:
        names += [f"localhost/{name}" for name in names]
    return tuple(names)


def is_meant(image: LocalImage, reference: Reference) -> bool:
    """Return whether an image found by its name or tag matches a reference.

    A pinned digest rules out images that were pulled with another digest. Images that were loaded from a file or
    built locally have no registry digest and are matched by their tag.
    """
    if not reference.digest:
        return True
    known = [digest for digest in image.digests if not digest.startswith("localhost/")]
    return not known or any(digest.endswith(f"@{reference.digest}") for digest in known)


def same_platform(wanted: str, found: str) -> bool:
    """Return whether two OCI platforms (`linux/arm/v7`) are the same. A missing variant means the default one."""
    return _full(wanted) == _full(found)


def _full(platform: str) -> tuple[str, str, str]:
    system, architecture, variant = (*platform.split("/"), "", "")[:3]
    return system, architecture, variant or _VARIANTS.get(architecture, "")
