"""What an index has of a project, by its simple API."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from cibw.errors import UploadError
from cibw.limited import parse_json
from cibw.model.release import IndexFile, Listing
from cibw.model.web import Answer, NoAnswerError, Question, Web
from cibw.publishing.index_pages import ACCEPT, parse_page
from cibw.publishing.upload_rules import is_worth_another_try, waits

_REFUSED = (401, 403)


def no_login() -> Mapping[str, str]:
    """No headers: who asks is a stranger."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """How to ask; each wait between tries, in seconds, is twice the one before.

    `login` gives the headers that let us in, and is asked where an index lets no strangers in.
    """

    web: Web
    login: Callable[[], Mapping[str, str]] = no_login
    attempts: int = 5
    first_wait: float = 1.0
    sleep: Callable[[float], None] = time.sleep

    def listing(self, simple: str, project: str, names: Iterable[str]) -> Listing:
        """What is on the page of a project below `simple`; files among `names` without a hash are fetched for it.

        UploadError where the index does not answer, or only with faults.
        """
        address = f"{simple}{project}/"
        answer = self.ask(Question(address=address, headers={"accept": ACCEPT, "cache-control": "max-age=0"}))
        if answer.status == 404:
            return Listing()
        if answer.status != 200:
            return Listing(unknown=f"{address} answers with {answer.status}")
        try:
            files = parse_page(
                answer.body.decode("utf-8", "replace"),
                content_type=answer.headers.get("content-type", ""),
                address=address,
            )
        except ValueError as error:
            return Listing(unknown=f"{address} can't be read: {error}")
        wanted = frozenset(names)
        return Listing(files=tuple(self._hashed(file) if file.filename in wanted else file for file in files))

    def simple_of(self, upload: str) -> str:
        """What devpi says of where the simple API of an index is; empty for other servers."""
        try:
            answer = self.ask(Question(address=f"{upload.rstrip('/')}/+api", headers={"accept": "application/json"}))
            data: object = parse_json(answer.body) if answer.status == 200 else None
        except ValueError:
            return ""
        result = data.get("result") if isinstance(data, dict) else None
        simple = result.get("simpleindex") if isinstance(result, dict) else None
        return simple if isinstance(simple, str) else ""

    def ask(self, question: Question) -> Answer:
        """The answer of an index, after some patience with its faults; UploadError where these do not end."""
        fault = ""
        for wait in (*waits(self.first_wait, self.attempts), None):
            try:
                answer = self._answer(question)
            except NoAnswerError as error:
                fault = str(error)
            else:
                if not is_worth_another_try(answer.status):
                    return answer
                fault = f"it answers with {answer.status}"
            if wait is not None:
                self.sleep(wait)
        raise UploadError(
            f"{question.address} can't be asked what is there already: {fault}",
            hint="Nothing was sent. Try again later, or look at the address and at the proxy.",
        )

    def _answer(self, question: Question) -> Answer:
        answer = self.web.ask(question)
        if answer.status not in _REFUSED:
            return answer
        headers = self.login()
        return self.web.ask(replace(question, headers={**question.headers, **headers})) if headers else answer

    def _hashed(self, file: IndexFile) -> IndexFile:
        if file.sha256 or not file.address:
            return file
        answer = self.ask(Question(address=file.address, only_hash=True))
        if answer.status != 200:
            return file
        return replace(file, sha256=answer.sha256 or hashlib.sha256(answer.body).hexdigest())
