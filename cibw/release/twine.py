"""Uploads files with twine; `credentials.py` uses it for URLs and logins.

Twine only documents its command line. A test checks the internals used here against the installed release.
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
from cibw.model.http import NoResponseError, asked_wait
from cibw.model.release import PackageIndex, PlannedUpload
from cibw.release.responses import Credentials, Receipt, is_page, readable
from cibw.untrusted.http import LIMITS, HttpLimits, basic_login
from cibw.untrusted.tars import check_sdist
from cibw.untrusted.zips import check_wheel

if TYPE_CHECKING:
    import ssl

    from requests import PreparedRequest, Response
    from twine.package import PackageFile


_LONGEST_WORDS = 20_000
_INSTALL = "pip install 'cibw[publish]'"


def ignore(_sent: int, _total: int) -> None:
    """Ignore the progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwineUploader:
    """Uploads files with the upload protocol that all indexes support; one request per file."""

    index: PackageIndex
    context: ssl.SSLContext
    sent: Callable[[int, int], None] = ignore
    limits: HttpLimits = LIMITS

    def prepare(self) -> None:
        """Check that twine is installed, else MissingToolError; the protocol has no sessions."""
        _require()

    def put(self, upload: PlannedUpload, credentials: Credentials, /) -> Receipt:
        """Upload one file; NoResponseError if there is no response, UploadError for a file that cannot be read."""
        import requests

        # Twine and the logging of its dependencies write to the terminal.
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            try:
                return _receipt(self._sent(upload, credentials))
            except requests.exceptions.SSLError as error:
                raise DownloadError(
                    f"Cannot connect securely to {self.index.upload}: {_one_line(error)}",
                    hint="If a proxy or the index uses its own certificate authority, set SSL_CERT_FILE or TWINE_CERT "
                    "to its file. If a client certificate is required, set TWINE_CLIENT_CERT.",
                ) from error
            except requests.exceptions.RequestException as error:
                raise NoResponseError(_one_line(error)) from error

    def commit(self) -> None:
        """Do nothing; each file is visible as soon as it was accepted."""

    def _sent(self, upload: PlannedUpload, credentials: Credentials) -> Response:
        from twine.repository import Repository

        from cibw.release.twine_transport import IndexAdapter

        package = _package(upload)
        with closing(Repository(self.index.upload, None, None, disable_progress_bar=True)) as repository:
            # Twine would send it as Latin-1, and fail for other characters.
            repository.session.auth = partial(_log_in, basic_login(f"{credentials.username}:{credentials.password}"))
            for scheme in ("https://", "http://"):
                repository.session.mount(scheme, IndexAdapter(self.context, self.sent, self.limits))
            repository.session.headers["Accept"] = "application/json, text/plain;q=0.9, */*;q=0.1"
            # Retries are done by the upload flow, which waits between them and checks the index.
            response: Response = repository.upload(package, max_redirects=1)
            return response


def _log_in(login: str, request: PreparedRequest) -> PreparedRequest:
    request.headers["Authorization"] = login
    return request


def _package(upload: PlannedUpload) -> PackageFile:
    from twine.exceptions import TwineException

    from cibw.release.twine_transport import TwinePackage

    path = Path(upload.path)
    try:
        # Twine reads metadata of any size, and does not check the rest of the file.
        (check_sdist if upload.distribution.wheel is None else check_wheel)(path)
        package = TwinePackage.from_filename(upload.path, None)
        if upload.attestations:
            package.add_attestations(list(upload.attestations))
    except (TwineException, OSError, EOFError, ValueError) as error:
        raise UploadError(
            f"Cannot read {upload.distribution.filename}: {_one_line(error)}", hint="Rebuild it."
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
    """The absolute redirect target of a response; the location may be relative."""
    try:
        return urljoin(address, location) if location else ""
    except ValueError:
        return location


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
