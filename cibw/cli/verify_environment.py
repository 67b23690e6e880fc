"""The environment variables for installing and testing a release."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from cibw.cli.secrets import without_credentials
from cibw.model.credentials import AUTHORITIES, Certificates
from cibw.publishing.upload_api import Credentials
from cibw.running.host_session import FOREIGN_VARIABLES

INDEX = "UV_DEFAULT_INDEX"
_SAY_MAIN_INDEX = (INDEX, "UV_INDEX_URL", "PIP_INDEX_URL")
_DECIDE_WHAT_IS_INSTALLED = (
    *("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_NO_INDEX"),
    *("UV_INDEX_STRATEGY", "UV_CONFIG_FILE", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE", "UV_EXCLUDE_NEWER"),
    *("UV_NO_BINARY", "UV_NO_BINARY_PACKAGE", "UV_NO_VERIFY_HASHES", "UV_REQUIRE_HASHES", "UV_TORCH_BACKEND"),
)
"""Variables that would change where packages come from or which are installed."""


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The user's variables without credentials, and without those that change what uv installs."""
    dropped = {*FOREIGN_VARIABLES, *_DECIDE_WHAT_IS_INSTALLED}
    return {name: value for name, value in without_credentials(environment).items() if name.upper() not in dropped}


def own_index(simple: str, credentials: Credentials | None) -> dict[str, str]:
    """The variable with the index of the release and its credentials, which must not be on a command line."""
    if credentials is None:
        return {INDEX: simple}
    parts = urlsplit(simple)
    login = f"{quote(credentials.username, safe='')}:{quote(credentials.password, safe='')}"
    return {INDEX: urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))}


def own_certificates(chosen: Certificates, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that make uv use the same certificates for an index as cibw."""
    authorities = chosen.authorities or next((environment[name] for name in AUTHORITIES if environment.get(name)), "")
    name = "SSL_CERT_DIR" if authorities and Path(authorities).expanduser().is_dir() else "SSL_CERT_FILE"
    places = {name: authorities, "SSL_CLIENT_CERT": chosen.client}
    return {name: str(Path(place).expanduser().absolute()) for name, place in places.items() if place}


def spellings(password: str) -> tuple[str, ...]:
    """The forms of a password in program output: plain, and percent-encoded as in a URL."""
    return (password, quote(password, safe=""))


def main_index(chosen: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variable with the index of the dependencies; without one, uv uses the main index."""
    address = chosen or next((environment[name] for name in _SAY_MAIN_INDEX if environment.get(name)), "")
    return {INDEX: address} if address else {}
