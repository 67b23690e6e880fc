"""From the answer of an index to what a user can change; pure.

The patterns come from the sources and the documented answers of the servers that docs/delivery.md names.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cibw.publishing.upload_api import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do; `is_login` where other credentials are needed, `exists` where the name is taken by a file."""

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
    "the token must be one of this index and may not be limited to another project"
)
_BY_TEXT: tuple[tuple[str, Advice], ...] = (
    (
        r"two[- ]factor|\b2fa\b",
        Advice(text="Turn on two-factor authentication of the account; then " + _HOW_TO_LOG_IN + ".", is_login=True),
    ),
    (
        r"password authentication is no longer|username/password",
        Advice(text="The index takes no passwords of accounts: " + _HOW_TO_LOG_IN + ".", is_login=True),
    ),
    (
        r"invalid or non-?existent authentication|invalid api token|invalid credentials|token.*expired",
        Advice(text="The credentials are not valid here: " + _HOW_TO_LOG_IN + ".", is_login=True),
    ),
    (
        _TOO_MANY_PROJECTS,
        Advice(
            text="The index limits how many new projects an account may make in a while: try again in some hours, with "
            "the same command."
        ),
    ),
    (
        r"non-user identities cannot create new projects",
        Advice(
            text="The pending publisher is for a project of another name: register it with exactly the name in "
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
        Advice(text=f"A file name can never be used again, even after it was deleted: {_NEW_VERSION}."),
    ),
    (r"older than 14 days", Advice(text=f"The release is too old for new files: {_NEW_VERSION}.")),
    (
        r"only one sdist",
        Advice(text=f"The release has an sdist of another name or form: publish without this one, or {_NEW_VERSION}."),
    ),
    (
        _EXISTS,
        Advice(text=f"The index has another file under this name: {_NEW_VERSION}.", exists=True),
    ),
    (
        r"project size too large",
        Advice(text="Ask the index for a higher limit, or delete old releases that nobody needs."),
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
        Advice(text="Repair the wheel (`repair-wheel-command`), so that it has a platform tag that the index knows."),
    ),
    (r"classifier", Advice(text="Correct `classifiers` in pyproject.toml; `cibw check` knows all of them.")),
    (
        r"description.*render|failed to render",
        Advice(text="Correct the README, or its `content-type`; `cibw check` shows what is wrong with it."),
    ),
    (
        r"direct (dependency|url)",
        Advice(text="Replace requirements with `@ address` by released versions."),
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
        Advice(text="The index takes nothing at the moment: try again later; its status page may know more."),
    ),
    (r"digest|hash", Advice(text="The file was damaged on its way: the same command tries again.")),
    (r"metadata", Advice(text="Correct the project's metadata; `cibw check` shows what is wrong with it.")),
)
_BY_STATUS: dict[int, Advice] = {
    401: Advice(text="The index does not know these credentials: check the user name and the password.", is_login=True),
    403: Advice(
        text="These credentials may not upload here: check them, and whether they are for this project; or "
        + _HOW_TO_LOG_IN
        + ".",
        is_login=True,
    ),
    404: Advice(text="There is no index at this address that takes uploads: check --to."),
    405: Advice(text="This address takes no uploads; --to needs that of uploads, not that of the simple API."),
    407: Advice(text="The proxy wants a login: put it into the variable that names the proxy."),
    409: Advice(text=f"The index has another file under this name: {_NEW_VERSION}.", exists=True),
    413: Advice(text="The server, or a proxy before it, takes no file of this size: make it smaller, or ask for more."),
}
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), advice) for pattern, advice in _BY_TEXT)
_HAS_IT = re.compile(_EXISTS, re.IGNORECASE)
_HOPELESS = re.compile(_TOO_MANY_PROJECTS, re.IGNORECASE)
_CONFLICT = 409
_SIGN_IN = re.compile(r"\b(log[-_]?[io]n|sign[-_]?[io]n|sso|saml2?|oauth2?|openid|authorize)\b", re.IGNORECASE)
_ELSE = Advice(text="`cibw check` may find the reason in the files; the index's own words say what it wants.")


def exists_already(receipt: Receipt) -> bool:
    """Whether the index says that it has a file of this name: by the status 409, or by its words with any other."""
    if receipt.is_success or receipt.is_redirection:
        return False
    return receipt.status == _CONFLICT or advice_for(receipt).exists or _HAS_IT.search(receipt.words) is not None


def is_hopeless(receipt: Receipt) -> bool:
    """Whether no other try in the next minutes is worth it, though the status sounds like that."""
    return _HOPELESS.search(f"{receipt.message} {receipt.words}") is not None


def advice_for(receipt: Receipt) -> Advice:
    """What helps against an answer that is no success: by its words, else by its status."""
    if receipt.is_redirection:
        return Advice(text=_moved(receipt))
    for pattern, advice in _COMPILED:
        if pattern.search(receipt.message):
            return advice
    return _BY_STATUS.get(receipt.status, _ELSE)


def _moved(receipt: Receipt) -> str:
    where = receipt.location or "another address"
    if _SIGN_IN.search(receipt.location):
        return (
            f"The server sends the upload to {where}, which looks like a sign-in page: the address is not that of "
            "uploads, or it takes no API tokens and passwords. Check --to."
        )
    return (
        f"The server sends the upload to {where}. If that is where the index takes files, give it by --to "
        "(a slash at the end matters)."
    )
