"""What twine knows: the addresses of well-known indexes, .pypirc and the keyring."""

from __future__ import annotations

import configparser
import locale
from collections.abc import Mapping
from pathlib import Path

from cibw.errors import ConfigurationError, MissingToolError
from cibw.model.credentials import IndexSection, Login

_MISSING = "The library twine is not installed, which knows package indexes and their logins."
_HINT = "pip install 'cibw[publish]'"


def famous_addresses() -> Mapping[str, str]:
    """Where the public index and its test instance take files, by the names `pypi` and `testpypi`."""
    try:
        from twine import utils
    except ImportError as error:
        raise MissingToolError(_MISSING, hint=_HINT) from error
    return {"pypi": utils.DEFAULT_REPOSITORY, "testpypi": utils.TEST_REPOSITORY}


def is_public(upload: str, famous: Mapping[str, str]) -> bool:
    """Whether an address is that of the public index or its test instance."""
    return any(upload.startswith(address) for address in famous.values())


def read_pypirc(path: Path, encoding: str = "") -> Mapping[str, IndexSection]:
    """The sections of .pypirc, those of `famous_addresses` among them; ConfigurationError where it is malformed.

    The file is in UTF-8. Twine reads it in the `encoding` of the system, and the values are put right afterwards.
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
        # The parser's message quotes lines, and those may hold passwords.
        raise ConfigurationError(
            f"{path} can't be read ({type(error).__name__}).",
            hint="It is an INI file; [distutils] lists the sections of indexes in index-servers.",
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
    """A login of the keyring for an address; None where it has none, or can't be opened."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None
    try:
        found = keyring.get_credential(address, username or None)
    except (KeyringError, AttributeError, ImportError, OSError, RuntimeError, TypeError):
        # The backend that PYTHON_KEYRING_BACKEND names may be missing, or none.
        return None
    if found is None or not found.password:
        return None
    return Login(username=found.username or username, password=found.password, place="the keyring")
