"""Use twine for the URLs of well-known indexes, .pypirc and the keyring."""

from __future__ import annotations

import configparser
import locale
from collections.abc import Mapping
from pathlib import Path

from cibw.errors import ConfigurationError, MissingToolError
from cibw.model.credentials import IndexSection, Login

_MISSING = "The library twine is not installed. It is needed for credentials and uploads."
_HINT = "pip install 'cibw[publish]'"


def famous_addresses() -> Mapping[str, str]:
    """The upload URLs of the public index and its test instance, by the names `pypi` and `testpypi`."""
    try:
        from twine import utils
    except ImportError as error:
        raise MissingToolError(_MISSING, hint=_HINT) from error
    return {"pypi": utils.DEFAULT_REPOSITORY, "testpypi": utils.TEST_REPOSITORY}


def is_public(upload: str, famous: Mapping[str, str]) -> bool:
    """Whether a URL is that of the public index or its test instance."""
    return any(upload.startswith(address) for address in famous.values())


def read_pypirc(path: Path, encoding: str = "") -> Mapping[str, IndexSection]:
    """The sections of .pypirc, including those of `famous_addresses`; ConfigurationError if it is malformed.

    The file is UTF-8. Twine reads it in the `encoding` of the system, and the values are corrected afterwards.
    """
    try:
        from twine import exceptions, utils
    except ImportError as error:
        raise MissingToolError(_MISSING, hint=_HINT) from error
    known = {name: IndexSection(repository=address) for name, address in famous_addresses().items()}
    if not path.is_file():
        return known
    try:
        found = utils.get_config(str(path))
    except (OSError, configparser.Error, exceptions.TwineException) as error:
        # The parser's message quotes lines, which may contain passwords.
        raise ConfigurationError(
            f"Cannot read {path} ({type(error).__name__}).",
            hint="It must be an INI file. [distutils] lists the sections of indexes in index-servers.",
        ) from None
    system = encoding or locale.getpreferredencoding(do_setlocale=False)
    return {
        **known,
        **{name: _section(entries, system) for name, entries in found.items() if entries.get("repository")},
    }


def _section(entries: Mapping[str, str | None], encoding: str) -> IndexSection:
    values = {name: _in_utf8(value, encoding) for name, value in entries.items() if value}
    return IndexSection(
        repository=values.get("repository", ""),
        username=values.get("username", ""),
        password=values.get("password", ""),
        ca_cert=values.get("ca_cert", ""),
        client_cert=values.get("client_cert", ""),
    )


def _in_utf8(value: str, encoding: str) -> str:
    try:
        return value.encode(encoding).decode("utf-8")
    except (UnicodeError, LookupError):
        return value


def ask_keyring(address: str, username: str) -> Login | None:
    """A login for an address from the keyring; None if it has none or cannot be opened."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        found = keyring.get_credential(address, username or None)
    except (KeyringError, AttributeError, ImportError, OSError, RuntimeError, TypeError):
        # The backend in PYTHON_KEYRING_BACKEND may be missing or invalid.
        return None
    if found is None or not found.password:
        return None
    return Login(username=found.username or username, password=found.password, place="the keyring")
