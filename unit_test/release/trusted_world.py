"""A CI and an index with trusted publishing for unit tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from cibw.ci import CiFacts, CiProvider
from cibw.model.http import Response
from cibw.release.identity import NoIdentityError
from cibw.release.trusted_publishing import TrustedPublishingContext, TrustedSource
from tests.doubles.fetch import RecordingClient
from unit_test.release.identities import GITHUB, token

UPLOAD = "https://index.example/legacy/"
AUDIENCE, MINT, BURN = (
    f"{verb} https://index.example/_/oidc/{what}"
    for verb, what in (("GET", "audience"), ("POST", "mint-token"), ("POST", "burn-token"))
)
FACTS = CiFacts(provider=CiProvider.GITHUB)


def response(told: Mapping[str, object], status: int = 200, **headers: str) -> Response:
    return Response(status=status, headers=headers, body=json.dumps(told).encode())


def minted(number: int, expires: float = 900) -> Response:
    return response({"success": True, "token": f"pypi-minted-{number}", "expires": expires})


def refusal(code: str, status: int = 422) -> Response:
    return response({"message": "Token request failed", "errors": [{"code": code, "description": "told"}]}, status)


class World:
    """A CI, a clock that stands still and an index that answers from a script."""

    def __init__(
        self,
        responses: Mapping[str, Sequence[Response | None]],
        identities: Sequence[str | None] = (),
        audience: str = "company",
    ) -> None:
        self.audience = audience
        self.client = RecordingClient(
            responses={AUDIENCE: (response({"audience": audience}),), BURN: (Response(status=204),), **responses}
        )
        self.now = 0.0
        self.masked: list[str] = []
        self.warnings: list[str] = []
        self.paused: list[float] = []
        self.identities = list(identities) or [token(GITHUB, serial) for serial in range(9)]
        self.refuses: NoIdentityError | None = None

    def identify(self, audience: str) -> str | None:
        assert audience == self.audience
        if self.refuses:
            raise self.refuses
        return self.identities.pop(0)

    @property
    def context(self) -> TrustedPublishingContext:
        return TrustedPublishingContext(
            client=self.client,
            mask=self.masked.append,
            warn=self.warnings.append,
            identify=self.identify,
            clock=lambda: self.now,
            pause=self.paused.append,
            public={"public": "https://upload.public.example/legacy/", "trial": "https://trial.public.example/legacy/"},
        )

    def source(self, upload: str = UPLOAD, facts: CiFacts = FACTS) -> TrustedSource:
        return TrustedSource(self.context, upload, facts)

    def asked(self, what: str) -> int:
        return sum(f"{request.method} {request.address}" == what for request in self.client.asked)
