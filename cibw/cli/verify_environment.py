"""The variables that a release is installed and tested with."""

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
"""What would bring packages from elsewhere, or others."""


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The user's variables without credentials, and without any that decides for uv what is installed."""
    dropped = {*FOREIGN_VARIABLES, *_DECIDE_WHAT_IS_INSTALLED}
    return {name: value for name, value in without_credentials(environment).items() if name.upper() not in dropped}


def own_index(simple: str, credentials: Credentials | None) -> dict[str, str]:
    """The variable that names the index of the release; the login stands in it, and not on a command line."""
    if credentials is None:
        return {INDEX: simple}
    parts = urlsplit(simple)
    login = f"{quote(credentials.username, safe='')}:{quote(credentials.password, safe='')}"
    return {INDEX: urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc}"))}


def own_certificates(chosen: Certificates, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables by which uv trusts an index as cibw does, and shows it the same certificate."""
    authorities = chosen.authorities or next((environment[name] for name in AUTHORITIES if environment.get(name)), "")
    name = "SSL_CERT_DIR" if authorities and Path(authorities).expanduser().is_dir() else "SSL_CERT_FILE"
    places = {name: authorities, "SSL_CLIENT_CERT": chosen.client}
    return {name: str(Path(place).expanduser().absolute()) for name, place in places.items() if place}


def spellings(password: str) -> tuple[str, ...]:
    """How a password may stand in what programs print: as it is, and as in an address."""
    return (password, quote(password, safe=""))


def main_index(chosen: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The variable that names the index of the dependencies; none leaves it to uv, which takes the main one."""
    address = chosen or next((environment[name] for name in _SAY_MAIN_INDEX if environment.get(name)), "")
    return {INDEX: address} if address else {}
