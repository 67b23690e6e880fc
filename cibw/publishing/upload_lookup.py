"""List the files of a project with the simple API."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

from cibw.errors import UploadError
from cibw.http_limits import same_server
from cibw.limited import parse_json
from cibw.model.release import IndexFile, Listing
from cibw.model.web import Answer, NoAnswerError, Question, Web
from cibw.publishing.index_pages import ACCEPT, parse_page
from cibw.publishing.upload_rules import LONGEST_WAIT, asked_wait, is_worth_another_try, waits

_REFUSED = (401, 403)
_OF_DEVPI = "/+simple/"


def no_login() -> Mapping[str, str]:
    """No headers: the request is anonymous."""
    return {}


def say_nothing(_reason: str, _seconds: float) -> None:
    """Ignore the reason for a wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """Requests to an index. Waits between attempts, in seconds, double each time, or are those that the index requests.

    `login` returns the headers with credentials. It is called if the index refuses anonymous requests; other servers
    that a page refers to never get them. `waiting` is called with the reason and the length of each wait.
    """

    web: Web
    login: Callable[[], Mapping[str, str]] = no_login
    attempts: int = 5
    first_wait: float = 1.0
    sleep: Callable[[float], None] = time.sleep
    waiting: Callable[[str, float], None] = say_nothing

    def listing(self, simple: str, project: str, names: Iterable[str]) -> Listing:
        """The files on the page of a project below `simple`; files in `names` without a hash are downloaded.

        Responses of another server, after a redirect, are ignored. On a page of devpi, only the files of the index
        itself count, not those of its bases. UploadError if there is no response.
        """
        address = f"{simple}{project}/"
        headers = {"accept": ACCEPT, "cache-control": "max-age=0"}
        answer = self.ask(Question(address=address, headers=headers, stay=True))
        if answer.status == 404:
            return Listing()
        if answer.status != 200:
            return Listing(unknown=_refusal(address, answer), retry_after=asked_wait(answer.headers, time.time()))
        try:
            files = parse_page(
                answer.body.decode("utf-8", "replace"),
                content_type=answer.headers.get("content-type", ""),
                address=address,
            )
        except ValueError as error:
            return Listing(unknown=f"cannot read {address}: {error}")
        wanted = frozenset(names)
        own = [file for file in files if _is_own(file, simple)]
        return Listing(files=tuple(self._hashed(file, simple) if file.filename in wanted else file for file in own))

    def simple_of(self, upload: str) -> str:
        """The simple API of a devpi index as reported by devpi, or an empty string for other servers."""
        question = Question(address=f"{upload.rstrip('/')}/+api", headers={"accept": "application/json"}, stay=True)
        try:
            answer = self.ask(question)
            data: object = parse_json(answer.body) if answer.status == 200 else None
        except ValueError:
            return ""
        result = data.get("result") if isinstance(data, dict) else None
        simple = result.get("simpleindex") if isinstance(result, dict) else None
        return simple if isinstance(simple, str) else ""

    def ask(self, question: Question, home: str = "") -> Answer:
        """The response of an index, with retries; UploadError if there is none.

        `home` is a URL of the index. If the request is for another server, no credentials are sent.
        """
        fault, answer = "", None
        for wait in (*waits(self.first_wait, self.attempts), None):
            try:
                answer = self._answer(question, home or question.address)
            except NoAnswerError as error:
                fault, answer, asked = str(error), None, 0.0
            else:
                asked = asked_wait(answer.headers, time.time())
                if not is_worth_another_try(answer.status) or asked > LONGEST_WAIT:
                    return answer
                fault = f"it responded with {answer.status}"
            if wait is not None:
                self._wait(f"Request to {question.address} failed: {fault}", max(wait, asked))
        if answer is not None:
            return answer
        raise UploadError(
            f"Request to {question.address} failed: {fault}",
            hint="Nothing was uploaded. Try again later, or check the URL and the proxy.",
        )

    def _wait(self, fault: str, seconds: float) -> None:
        self.waiting(fault, seconds)
        self.sleep(seconds)

    def _answer(self, question: Question, home: str) -> Answer:
        answer = self.web.ask(question)
        if answer.status not in _REFUSED or not same_server(question.address, home):
            return answer
        headers = self.login()
        return self.web.ask(replace(question, headers={**question.headers, **headers})) if headers else answer

    def _hashed(self, file: IndexFile, simple: str) -> IndexFile:
        if file.sha256 or not file.address:
            return file
        answer = self.ask(Question(address=file.address, only_hash=True), simple)
        if answer.status != 200:
            return file
        return replace(file, sha256=answer.sha256 or hashlib.sha256(answer.body).hexdigest())


def _refusal(address: str, answer: Answer) -> str:
    location = answer.headers.get("location", "")
    if 300 <= answer.status < 400 and location:
        server = urlsplit(urljoin(address, location)).netloc.rpartition("@")[2]
        return f"{address} redirects to {server}, which is another server"
    return f"{address} responded with {answer.status}"


def _is_own(file: IndexFile, simple: str) -> bool:
    """Whether a file belongs to the index itself: devpi also lists files of its bases, each below its own index."""
    # The host may differ if devpi runs behind a proxy.
    index = urlsplit(simple).path.removesuffix(_OF_DEVPI)
    return not simple.endswith(_OF_DEVPI) or urlsplit(file.address).path.startswith(f"{index}/+f/")
