"""Twine, as what sends files; `upload_pypirc` asks it for addresses and logins.

Twine documents its command line alone. What is used of its inside here, a test holds against the installed release.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from cibw.errors import DownloadError, MissingToolError, UploadError
from cibw.http_limits import LIMITS, HttpLimits, basic_login
from cibw.model.release import PackageIndex, PlannedUpload
from cibw.model.web import NoAnswerError
from cibw.publishing.upload_api import Credentials, Receipt
from cibw.publishing.upload_rules import asked_wait, is_page, readable
from cibw.untrusted.tars import check_sdist
from cibw.untrusted.zips import check_wheel

if TYPE_CHECKING:
    import ssl

    from requests import PreparedRequest, Response
    from twine.package import PackageFile

_LONGEST_WORDS = 20_000
_INSTALL = "pip install 'cibw[publish]'"


def ignore(_sent: int, _total: int) -> None:
    """Do nothing with the number of bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwineUploader:
    """Sends files by the upload protocol that all indexes speak; one request a file."""

    index: PackageIndex
    context: ssl.SSLContext
    sent: Callable[[int, int], None] = ignore
    limits: HttpLimits = LIMITS

    def prepare(self) -> None:
        """The protocol has no sessions; MissingToolError where twine is not there."""
        _require()

    def put(self, upload: PlannedUpload, credentials: Credentials, /) -> Receipt:
        """Send one file; NoAnswerError where no answer comes, UploadError for a file that can't be read."""
        import requests

        # Twine, and the log of what it stands on, speak to the terminal by themselves.
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            try:
                return _receipt(self._sent(upload, credentials))
            except requests.exceptions.SSLError as error:
                raise DownloadError(
                    f"{self.index.upload} can't be reached safely: {_one_line(error)}",
                    hint="Where a proxy or an index has an authority of its own, name its file in SSL_CERT_FILE or "
                    "TWINE_CERT. Where it asks for a client certificate, name that in TWINE_CLIENT_CERT.",
                ) from error
            except requests.exceptions.RequestException as error:
                raise NoAnswerError(_one_line(error)) from error

    def commit(self) -> None:
        """Each file is visible as soon as it was taken."""

    def _sent(self, upload: PlannedUpload, credentials: Credentials) -> Response:
        from twine.repository import Repository

        from cibw.publishing.upload_transport import IndexAdapter

        package = _package(upload)
        with closing(Repository(self.index.upload, None, None, disable_progress_bar=True)) as repository:
            # Twine would send it in Latin-1, and fail where that has no such character.
            repository.session.auth = partial(_log_in, basic_login(f"{credentials.username}:{credentials.password}"))
            for scheme in ("https://", "http://"):
                repository.session.mount(scheme, IndexAdapter(self.context, self.sent, self.limits))
            repository.session.headers["Accept"] = "application/json, text/plain;q=0.9, */*;q=0.1"
            # Further tries are the flow's business: it waits between them, and looks what is there.
            response: Response = repository.upload(package, max_redirects=1)
            return response


def _log_in(login: str, request: PreparedRequest) -> PreparedRequest:
    request.headers["Authorization"] = login
    return request


def _package(upload: PlannedUpload) -> PackageFile:
    from twine.exceptions import TwineException

    from cibw.publishing.upload_transport import Package

    path = Path(upload.path)
    try:
        # Twine reads metadata of any size, and does not look at the rest.
        (check_sdist if upload.distribution.wheel is None else check_wheel)(path)
        package = Package.from_filename(upload.path, None)
        if upload.attestations:
            package.add_attestations(list(upload.attestations))
    except (TwineException, OSError, EOFError, ValueError) as error:
        raise UploadError(
            f"{upload.distribution.filename} can't be read: {_one_line(error)}", hint="Build it again."
        ) from error
    return package


def _require() -> None:
    try:
        import twine.repository  # noqa: F401
    except ImportError as error:
        raise MissingToolError("Publishing needs twine, which is not installed.", hint=_INSTALL) from error


def _receipt(response: Response) -> Receipt:
    headers = {name.lower(): value for name, value in response.headers.items()}
    kind, reason, text = headers.get("content-type", ""), response.reason or "", response.text
    is_html, location = is_page(text, kind), headers.get("location", "")
    return Receipt(
        status=response.status_code,
        message="" if response.ok and not is_html else readable(text, kind, reason),
        location=_absolute(location, response.url),
        words=f"{reason} {text[:_LONGEST_WORDS]}",
        is_page=is_html,
        retry_after=asked_wait(headers, time.time()),
    )


def _absolute(location: str, address: str) -> str:
    """Where an answer redirects to; it may be given without the server."""
    try:
        return urljoin(address, location) if location else ""
    except ValueError:
        return location


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
