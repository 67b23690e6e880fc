"""Mask secrets in all output of the program."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from threading import Lock

from cibw.limited import parse_json
from cibw.model.secret_names import SecretNames
from cibw.reporting.neutral import neutral
from cibw.reporting.secret_forms import forms
from cibw.reporting.secret_shapes import MASK, logins_in, mask_shapes

_MOST_LINES = 500
"""The maximum number of lines of private keys that are learned from output."""


class Masker:
    """Masks known secrets and secrets that are recognized by their format; call it with a text.

    It learns secrets while the program runs. It is thread-safe.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, names: SecretNames | None = None) -> None:
        self._names = names or SecretNames()
        self._learning = Lock()
        self._values: set[str] = set()
        self._spared: frozenset[str] = frozenset()
        self._known: set[str] = set()
        self._pieces: tuple[str, ...] = ()
        self._lines_left = _MOST_LINES
        self.hear((environment or {}).items())

    def __call__(self, text: str) -> str:
        """The text with its secrets masked. If controls split a secret, the result has no controls."""
        text = self._masked(text)
        if text.isprintable():
            return text
        # Terminals and logs drop control characters, which would join the pieces of a secret.
        bare = neutral(text, colour=False)
        if bare == text:
            return text
        masked = self._masked(bare)
        return text if masked == bare else masked

    def _masked(self, text: str) -> str:
        for piece in self._pieces:
            if piece in text:
                text = text.replace(piece, MASK)
        return mask_shapes(text)

    def hear(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Learn the secrets among pairs of names and values: variables, settings."""
        pairs = list(pairs)
        secret = self._names.secret_values(pairs)
        found = [*secret, *(leaf for value in secret for leaf in self._leaves(value))]
        self.learn([*found, *(login for _, value in pairs for login in logins_in(value))])

    def learn(self, values: Iterable[str]) -> None:
        """Mask some values from now on."""
        fresh = {value for value in values if value not in self._values}
        if not fresh:
            return
        with self._learning:
            self._values |= fresh
            self._known.update(form for value in fresh for form in forms(value))
            self._sort()

    def learn_line(self, line: str) -> None:
        """Mask a line of a private key that was printed once wherever it is printed again."""
        if self._lines_left > 0:
            self._lines_left -= 1
            with self._learning:
                self._known.add(line.strip())
                self._sort()

    def watch(self, patterns: Iterable[str], environment: Mapping[str, str]) -> None:
        """Treat names that match the patterns as secrets, and check an environment again."""
        added = tuple(dict.fromkeys((*self._names.patterns, *patterns)))
        if added != self._names.patterns:
            self._names = SecretNames(patterns=added)
            self.hear(environment.items())

    def spare(self, texts: Iterable[str]) -> None:
        """Never mask texts that are not secrets, such as the name of the project."""
        with self._learning:
            self._spared |= {text for text in texts if text}
            self._sort()

    def _sort(self) -> None:
        self._pieces = tuple(sorted(self._known - self._spared, key=lambda piece: (-len(piece), piece)))

    def _leaves(self, value: str) -> Iterator[str]:
        """The secrets in a JSON value, such as the key of a service account."""
        if not value.lstrip().startswith("{"):
            return
        try:
            loaded = parse_json(value)
        except ValueError:
            return
        yield from self._secrets_in("", loaded)

    def _secrets_in(self, name: str, value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from self._secrets_in(str(key), item)
        elif isinstance(value, list):
            for item in value:
                yield from self._secrets_in(name, item)
        elif isinstance(value, str) and name in self._names:
            yield value
