"""Finds credentials for an index in variables, files, .pypirc and the keyring."""

from __future__ import annotations

import configparser
import locale
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from cibw.errors import ConfigurationError, CredentialsError, MissingToolError
from cibw.model.http import API_USER, Certificates, IndexSection, Login
from cibw.model.release import PackageIndex
from cibw.release.responses import Credentials, CredentialSource

# Find user names and passwords in variables and files, and check them for an index; pure.

Pypirc = Callable[[], Mapping[str, IndexSection]]
"""Reads .pypirc: its sections by name."""
Keyring = Callable[[str, str], Login | None]
"""Looks up an address and a user name, which may be empty, in the keyring."""

_UNDEFINED = re.compile(
    r"\$\([A-Za-z_][\w.-]*\)|\$\{[A-Za-z_][\w.]*\}|\$\{\{.*\}\}|\$\[.*\]|\$[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|%[A-Z][A-Z0-9]*(_[A-Z0-9]+)+%"
)
"""The text that Azure, GitLab and others leave for an undefined variable."""
API_START = "pypi-"


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialVariables:
    """The variables of one tool: `key` for a token, `user` and `word` for user name and password."""

    user: str
    word: str
    key: str = ""


FAMILIES = (
    CredentialVariables(key="CIBW_PUBLISH_TOKEN", user="CIBW_PUBLISH_USERNAME", word="CIBW_PUBLISH_PASSWORD"),
    CredentialVariables(user="TWINE_USERNAME", word="TWINE_PASSWORD"),
    CredentialVariables(key="UV_PUBLISH_TOKEN", user="UV_PUBLISH_USERNAME", word="UV_PUBLISH_PASSWORD"),
)
"""In order of precedence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPlaces:
    """The sources of logins: variables, .pypirc, the keyring."""

    environment: Mapping[str, str]
    pypirc: Pypirc
    keyring: Keyring


def defined(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables except those that contain the name of an undefined CI variable."""
    return {name: value for name, value in environment.items() if not _UNDEFINED.fullmatch(value.strip())}


def find_login(index: PackageIndex, places: LoginPlaces, *, is_public: bool) -> Login | None:
    """The first login for an index; None if there is none, CredentialsError if it is invalid.

    A variable with only a user name selects the password in .pypirc or the keyring.
    """
    section, environment = section_of(index, places.pypirc()), defined(places.environment)
    for family in FAMILIES:
        login = _of_variables(family, environment, section, is_public=is_public)
        if login:
            return _checked(login, index, is_public=is_public)
    user = next(filter(None, (environment.get(family.user, "") for family in FAMILIES)), "")
    login = _of_section(section, user) or _of_keyring(index, places, user or section.username, is_public=is_public)
    return _checked(login, index, is_public=is_public) if login else None


def section_of(index: PackageIndex, sections: Mapping[str, IndexSection]) -> IndexSection:
    """The section with the name of an index, else the one with its address, else an empty one.

    A section with the same name and another address belongs to another index.
    """
    named = sections.get(index.name)
    candidates = [named, *sections.values()] if named else [*sections.values()]
    wanted = index.upload.rstrip("/")
    return next(
        (section for section in candidates if section.repository.rstrip("/") == wanted), IndexSection(repository="")
    )


def certificates_of(
    index: PackageIndex, environment: Mapping[str, str], sections: Mapping[str, IndexSection]
) -> Certificates:
    """The certificates for an index from variables or .pypirc, as in twine and uv."""
    section = section_of(index, sections)
    return Certificates(
        authorities=environment.get("TWINE_CERT") or section.ca_cert,
        client=environment.get("TWINE_CLIENT_CERT") or section.client_cert or environment.get("SSL_CLIENT_CERT", ""),
    )


def looked_for(index: PackageIndex, environment: Mapping[str, str]) -> Iterator[str]:
    """The sources that were tried, one list item each."""
    for family in FAMILIES:
        names = f"{family.user} with {family.word}"
        yield f"{family.key}, or {names}" if family.key else names
    named = "" if index.name == index.upload else f"{index.name}, or one "
    yield f".pypirc: a section {named}for {index.upload}, with a password"
    yield f"the keyring: a password for {index.upload}"
    for family in FAMILIES:
        for name in (family.key, family.word, family.user):
            yield from _without_value(name, environment, is_secret=name != family.user)


def _without_value(name: str, environment: Mapping[str, str], *, is_secret: bool) -> Iterator[str]:
    value = environment.get(name, "-").strip()
    if not value and is_secret:
        yield f"{name} is set but empty: the secret is not available to this run"
    elif _UNDEFINED.fullmatch(value):
        # The complete value would be masked like any secret.
        unknown = value.strip("${}()[]% ")
        yield f"{name} contains the name {unknown} instead of a value: define this variable in the CI for this job"


def _of_variables(
    family: CredentialVariables, environment: Mapping[str, str], section: IndexSection, *, is_public: bool
) -> Login | None:
    token, password = environment.get(family.key, "").strip(), environment.get(family.word, "").strip()
    if token:
        return Login(username=API_USER, password=token, place=f"the variable {family.key}")
    if not password:
        return None
    user = environment.get(family.user, "").strip() or section.username
    if not user and (is_public or password.startswith(API_START)):
        user = API_USER
    if not user:
        raise CredentialsError(
            f"{family.word} is set, but the user name is missing.",
            hint=f"Set {family.user} to the user name, or to {API_USER} if the password is a token.",
        )
    return Login(username=user, password=password, place=f"the variables {family.user} and {family.word}")


def _of_section(section: IndexSection, user: str) -> Login | None:
    if not section.password or (user and section.username and user != section.username):
        return None
    return Login(username=user or section.username or API_USER, password=section.password, place=".pypirc")


def _of_keyring(index: PackageIndex, places: LoginPlaces, user: str, *, is_public: bool) -> Login | None:
    return places.keyring(index.upload, user or (API_USER if is_public else ""))


def _checked(login: Login, index: PackageIndex, *, is_public: bool) -> Login:
    host = urlsplit(index.upload).hostname
    if is_public and login.username != API_USER:
        what = "A token" if login.password.startswith(API_START) else "A password"
        raise CredentialsError(
            f"{what} of user {login.username}, from {login.place}: {host} does not accept user names or passwords.",
            hint=f"Use an API token (CIBW_PUBLISH_TOKEN, or with the user name {API_USER}) or trusted publishing.",
        )
    text = login.username + login.password
    if any("\udc80" <= character <= "\udcff" for character in text):
        raise CredentialsError(
            f"The credentials from {login.place} for {host} are not UTF-8.", hint="Set them again, in UTF-8."
        )
    if not text.isprintable():
        raise CredentialsError(
            f"The credentials from {login.place} for {host} contain invisible characters, such as a line break or a "
            "no-break space.",
            hint="Set them again, without these characters.",
        )
    if ":" in login.username:
        raise CredentialsError(
            f"The user name from {login.place} contains a colon, which ends the name in HTTP authentication.",
            hint="Set the name and the password separately.",
        )
    return login


# Fixed credentials, and the error for missing ones.


class SecretSource(CredentialSource, Protocol):
    """A credential source that lists its secrets for masking."""

    def secrets(self) -> tuple[str, ...]:
        """All secrets that it has returned so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSource:
    """Returns one login for all files; satisfies SecretSource."""

    login: Login

    @property
    def description(self) -> str:
        """Where the login was found."""
        return self.login.place

    def credentials(self) -> Credentials:
        """The login."""
        return Credentials(username=self.login.username, password=self.login.password)

    def secrets(self) -> tuple[str, ...]:
        """The password."""
        return (self.login.password,)

    def close(self) -> None:
        """Do nothing; there is nothing to revoke."""


def no_credentials(index: PackageIndex, environment: Mapping[str, str], others: Iterable[str]) -> CredentialsError:
    """The error for missing credentials; `others` are reasons to list before the login sources."""
    lines = [*others, *looked_for(index, environment)]
    place = index.upload if index.name == index.upload else f"{index.name} ({index.upload})"
    return CredentialsError(
        f"No credentials found for the index {place}.",
        hint="\n".join(
            (
                "Set CIBW_PUBLISH_TOKEN to an API token of the index, or publish from a CI with trusted publishing.",
                "Tried:",
                *(f"* {line}" for line in lines),
            )
        ),
    )


# Use twine for the URLs of well-known indexes, .pypirc and the keyring.

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
