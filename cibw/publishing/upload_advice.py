"""Advice for the user from the response of an index; pure.

The patterns come from the sources and the documented responses of the servers listed in docs/delivery.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cibw.publishing.upload_api import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do; `is_login` if other credentials are needed, `exists` if the file name is taken."""

    text: str
    is_login: bool = False
    exists: bool = False


_EXISTS = (
    r"already[ -]?exist|already (been )?(taken|uploaded|published)|been (uploaded|published) already|already contains"
    r"|overwrite (an? |the )?(artifact|asset|file|package)|updating assets?\b|cannot be updated"
    r"|duplicates? (the attributes of )?(another|an existing) (package|file)|(package|file|asset|artifact) exists"
)
_TOO_MANY_PROJECTS = r"too many new projects"
_NEW_VERSION = "raise the version and build again"
_HOW_TO_LOG_IN = (
    "use an API token as password, with the user name __token__, or trusted publishing; "
    "the token must belong to this index and must not be limited to another project"
)
_BY_TEXT: tuple[tuple[str, Advice], ...] = (
    (
        r"two[- ]factor|\b2fa\b",
        Advice(text="Enable two-factor authentication for the account; then " + _HOW_TO_LOG_IN + ".", is_login=True),
    ),
    (
        r"password authentication is no longer|username/password",
        Advice(text="The index does not accept account passwords: " + _HOW_TO_LOG_IN + ".", is_login=True),
    ),
    (
        r"invalid or non-?existent authentication|invalid api token|invalid credentials|token.*expired",
        Advice(text="The credentials are not valid here: " + _HOW_TO_LOG_IN + ".", is_login=True),
    ),
    (
        _TOO_MANY_PROJECTS,
        Advice(
            text="The index limits how many new projects an account may create: run the same command again in a few "
            "hours."
        ),
    ),
    (
        r"non-user identities cannot create new projects",
        Advice(
            text="The pending publisher is for a project with another name: register it with exactly the name in "
            "pyproject.toml.",
            is_login=True,
        ),
    ),
    (
        r"isn't allowed to upload to project|not allowed to (upload|edit)",
        Advice(
            text="The project's name belongs to someone else, or these credentials are for another project: choose "
            "another name, or let an owner add this account or publisher.",
            is_login=True,
        ),
    ),
    (
        r"verified (primary )?e-?mail|unverified",
        Advice(text="Confirm the e-mail address of the account.", is_login=True),
    ),
    (
        r"previously used by a file that has since been deleted",
        Advice(text=f"A file name can never be reused, even after the file was deleted: {_NEW_VERSION}."),
    ),
    (r"older than 14 days", Advice(text=f"The release is too old for new files: {_NEW_VERSION}.")),
    (
        r"only one sdist",
        Advice(
            text=f"The release has an sdist with another name or format: publish without this one, or {_NEW_VERSION}."
        ),
    ),
    (
        _EXISTS,
        Advice(text=f"The index has a different file with this name: {_NEW_VERSION}.", exists=True),
    ),
    (
        r"project size too large",
        Advice(text="Ask the index for a higher limit, or delete old releases that are no longer needed."),
    ),
    (
        r"file too large|limit for project",
        Advice(text="Make the file smaller (debug symbols are often most of it), or ask the index for a higher limit."),
    ),
    (
        r"local version",
        Advice(text="Build from a clean tag; with setuptools-scm, set `local_scheme` to `no-local-version`."),
    ),
    (
        r"platform tag",
        Advice(text="Repair the wheel (`repair-wheel-command`), so that it has a platform tag that the index accepts."),
    ),
    (r"classifier", Advice(text="Correct `classifiers` in pyproject.toml; `cibw check` lists invalid ones.")),
    (
        r"description.*render|failed to render",
        Advice(text="Correct the README, or its `content-type`; `cibw check` shows what is wrong with it."),
    ),
    (
        r"direct (dependency|url)",
        Advice(text="Replace direct URL requirements (`@ URL`) with released versions."),
    ),
    (
        r"attestation",
        Advice(
            text="Attestations must come from the run that uploads, by trusted publishing; `attestations = 'off'` "
            "publishes without them."
        ),
    ),
    (
        r"too similar|name.*(prohibited|isn't allowed)",
        Advice(text="The index does not allow this name for a new project: choose another one."),
    ),
    (
        r"read-only|uploads? .*disabled|disabled.*uploads?|new .*registration",
        Advice(text="The index does not accept uploads at the moment: check its status page and try again later."),
    ),
    (r"digest|hash", Advice(text="The file was corrupted in transit: run the same command again.")),
    (r"metadata", Advice(text="Correct the project's metadata; `cibw check` shows what is wrong with it.")),
)
_BY_STATUS: dict[int, Advice] = {
    401: Advice(text="Authentication failed: check the user name and the password.", is_login=True),
    403: Advice(
        text="These credentials are not allowed to upload here: check them, and whether they are for this project; or "
        + _HOW_TO_LOG_IN
        + ".",
        is_login=True,
    ),
    404: Advice(text="There is no upload endpoint at this URL: check --to."),
    405: Advice(text="This URL does not accept uploads. --to needs the upload URL, not the URL of the simple API."),
    407: Advice(text="The proxy requires authentication: add the credentials to the proxy variable."),
    409: Advice(text=f"The index has a different file with this name: {_NEW_VERSION}.", exists=True),
    413: Advice(text="The file is too large for the server or a proxy: make it smaller, or ask for a higher limit."),
}
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), advice) for pattern, advice in _BY_TEXT)
_HAS_IT = re.compile(_EXISTS, re.IGNORECASE)
_HOPELESS = re.compile(_TOO_MANY_PROJECTS, re.IGNORECASE)
_CONFLICT = 409
_SIGN_IN = re.compile(r"\b(log[-_]?[io]n|sign[-_]?[io]n|sso|saml2?|oauth2?|openid|authorize)\b", re.IGNORECASE)
_ELSE = Advice(text="Run `cibw check` to find problems in the files, and see the index's message.")


def exists_already(receipt: Receipt) -> bool:
    """Whether the index reports that the file name exists: by status 409, or by its message with another status."""
    if receipt.is_success or receipt.is_redirection:
        return False
    return receipt.status == _CONFLICT or advice_for(receipt).exists or _HAS_IT.search(receipt.words) is not None


def is_hopeless(receipt: Receipt) -> bool:
    """Whether a retry within minutes is useless, although the status suggests one."""
    return _HOPELESS.search(f"{receipt.message} {receipt.words}") is not None


def advice_for(receipt: Receipt) -> Advice:
    """The advice for an unsuccessful response: by its message, else by its status."""
    if receipt.is_redirection:
        return Advice(text=_moved(receipt))
    for pattern, advice in _COMPILED:
        if pattern.search(receipt.message):
            return advice
    return _BY_STATUS.get(receipt.status, _ELSE)


def _moved(receipt: Receipt) -> str:
    where = receipt.location or "another URL"
    if _SIGN_IN.search(receipt.location):
        return (
            f"The server redirects the upload to {where}, which looks like a sign-in page. Either the URL is not the "
            "upload URL, or it does not accept API tokens and passwords. Check --to."
        )
    return (
        f"The server redirects the upload to {where}. If this is the upload URL of the index, pass it with --to "
        "(a trailing slash matters)."
    )
