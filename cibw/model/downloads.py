"""Files from the network: their addresses, what proves them, and the mirrors that they come from."""

from __future__ import annotations

from dataclasses import dataclass

_BOUNDARIES = ("/", ":")
Replacements = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to fetch; `sha256` is in lower-case hexadecimal digits, and empty where nobody knows it."""

    address: str
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mirrors:
    """Where files come from instead: pairs of the beginning of an address and what stands for it.

    `pseudo` gives beginnings such as `maven:`, which are no addresses, their usual meaning; `chosen`
    are those of the user, who may replace a pseudo address or what it means.
    """

    chosen: Replacements = ()
    pseudo: Replacements = ()

    def resolve(self, address: str) -> str:
        """The address to ask: of the beginnings that fit, the longest one is replaced."""
        found = _replaced(self.chosen, address)
        if found is not None:
            return found
        usual = _replaced(self.pseudo, address) or address
        return _replaced(self.chosen, usual) or usual

    def image(self, reference: str) -> str:
        """The image to ask for: of the registries that fit a reference, the longest one is replaced.

        A reference without a registry is one of docker.io, where `ubuntu` means `library/ubuntu`.
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
    """Whole parts alone fit: `https://example.com` is no beginning of `https://example.community`."""
    rest = address[len(beginning) :]
    return address.startswith(beginning) and (beginning.endswith(_BOUNDARIES) or rest[:1] in ("", "/"))
