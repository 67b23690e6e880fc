"""What an index has of a project, by its simple API."""

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
    """No headers: who asks is a stranger."""
    return {}


def say_nothing(_reason: str, _seconds: float) -> None:
    """Do not tell why there is a wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """How to ask; each wait between tries, in seconds, is twice the one before, or what the index asks for.

    `login` gives the headers that let us in, and is asked where an index lets no strangers in; other servers, to which
    a page refers, never get them. `waiting` is told why there is a wait, and how long it is.
    """

    web: Web
    login: Callable[[], Mapping[str, str]] = no_login
    attempts: int = 5
    first_wait: float = 1.0
    sleep: Callable[[float], None] = time.sleep
    waiting: Callable[[str, float], None] = say_nothing

    def listing(self, simple: str, project: str, names: Iterable[str]) -> Listing:
        """What is on the page of a project below `simple`; files among `names` without a hash are fetched for it.

        An answer of another server, to which the index redirects, says nothing about this index. On a page of devpi
        only the files of the index itself count, not those of its bases. UploadError where no answer comes.
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
            return Listing(unknown=f"{address} can't be read: {error}")
        wanted = frozenset(names)
        own = [file for file in files if _is_own(file, simple)]
        return Listing(files=tuple(self._hashed(file, simple) if file.filename in wanted else file for file in own))

    def simple_of(self, upload: str) -> str:
        """What devpi says of where the simple API of an index is; empty for other servers."""
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
        """The answer of an index, after some patience with its faults; UploadError where none comes.

        `home` is an address of the index, where the question may be for another server, which gets no login then.
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
                fault = f"it answers with {answer.status}"
            if wait is not None:
                self._wait(f"{question.address} can't be asked: {fault}", max(wait, asked))
        if answer is not None:
            return answer
        raise UploadError(
            f"{question.address} can't be asked what is there already: {fault}",
            hint="Nothing was sent. Try again later, or look at the address and at the proxy.",
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
        return f"{address} redirects to {server}, which is another server and says nothing about this index"
    return f"{address} answers with {answer.status}"


def _is_own(file: IndexFile, simple: str) -> bool:
    """Whether a file is one of the index itself: devpi lists those of its bases, too, each below its own index."""
    # The host may be another one, where devpi stands behind a proxy.
    index = urlsplit(simple).path.removesuffix(_OF_DEVPI)
    return not simple.endswith(_OF_DEVPI) or urlsplit(file.address).path.startswith(f"{index}/+f/")
