"""Downloads: their URLs, hashes and mirrors."""

from __future__ import annotations

from dataclasses import dataclass

_BOUNDARIES = ("/", ":")
Replacements = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to download; `sha256` is in lowercase hexadecimal, and empty if unknown."""

    address: str
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrors:
    """Mirrors: pairs of a URL prefix and its replacement.

    `pseudo` maps prefixes such as `maven:` to their default URLs; `chosen` are the mirrors of the user, which can
    replace a pseudo prefix or its default URL.
    """

    chosen: Replacements = ()
    pseudo: Replacements = ()

    def resolve(self, address: str) -> str:
        """The URL to download from; the longest matching prefix is replaced."""
        found = _replaced(self.chosen, address)
        if found is not None:
            return found
        usual = _replaced(self.pseudo, address) or address
        return _replaced(self.chosen, usual) or usual

    def image(self, reference: str) -> str:
        """The image to pull; the longest matching registry is replaced.

        A reference without a registry refers to docker.io, where `ubuntu` means `library/ubuntu`.
        """
        pairs = tuple(pair for pair in self.chosen if "://" not in pair[1])
        return _replaced(pairs, reference) or _replaced(pairs, _in_full(reference)) or reference


def _in_full(reference: str) -> str:
    first, slash, _ = reference.partition("/")
    if not slash:
        return f"docker.io/library/{reference}"
    has_registry = first == "localhost" or "." in first or ":" in first
    return reference if has_registry else f"docker.io/{reference}"


def _replaced(pairs: Replacements, address: str) -> str | None:
    fitting = [pair for pair in pairs if _fits(pair[0], address)]
    if not fitting:
        return None
    beginning, instead = max(fitting, key=lambda pair: len(pair[0]))
    return f"{instead.rstrip('/')}/{address[len(beginning) :].lstrip('/')}"


def _fits(beginning: str, address: str) -> bool:
    """Match whole components only: `https://example.com` is not a prefix of `https://example.community`."""
    rest = address[len(beginning) :]
    return address.startswith(beginning) and (beginning.endswith(_BOUNDARIES) or rest[:1] in ("", "/"))
