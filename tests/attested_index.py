"""Attestations in front of any index: it keeps those that come with uploads, and gives them back (PEP 740)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, MutableMapping
from email.message import Message
from email.parser import BytesParser
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Attested = MutableMapping[str, list[object]]
"""Attestations by the names of files."""


def remembering(application: WSGIApplication, attested: Attested) -> WSGIApplication:
    """The application, with `/integrity/<project>/<version>/<file>/provenance` and a memory for attestations."""

    def response(environment: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path, method = str(environment["PATH_INFO"]), environment["REQUEST_METHOD"]
        if method == "GET" and path.startswith("/integrity/"):
            found = attested.get(path.split("/")[4])
            text = json.dumps(_provenance(found or [])).encode()
            status = HTTPStatus.OK if found else HTTPStatus.NOT_FOUND
            start(f"{status.value} {status.phrase}", [("content-type", "application/vnd.pypi.integrity.v1+json")])
            return [text]
        if method == "POST" and path == "/legacy/":
            body = environment["wsgi.input"].read(int(environment["CONTENT_LENGTH"]))
            environment["wsgi.input"] = io.BytesIO(body)
            _keep(str(environment["CONTENT_TYPE"]), body, attested)
        return application(environment, start)

    return response


def _keep(content_type: str, body: bytes, attested: Attested) -> None:
    form = BytesParser().parsebytes(f"content-type: {content_type}\r\n\r\n".encode() + body)
    fields = {part.get_param("name", header="content-disposition"): part for part in form.walk()}
    filename, attestations = fields["content"].get_filename(), fields.get("attestations")
    if filename and isinstance(attestations, Message):
        payload = attestations.get_payload(decode=True)
        assert isinstance(payload, bytes)
        attested[filename] = json.loads(payload)


def _provenance(attestations: list[object]) -> dict[str, object]:
    publisher = {"kind": "GitHub", "repository": "octo/hello", "workflow": "release.yml", "environment": "index"}
    return {"version": 1, "attestation_bundles": [{"publisher": publisher, "attestations": attestations}]}
