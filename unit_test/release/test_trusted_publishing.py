from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from cibw.ci import CiFacts, CiProvider
from cibw.errors import CredentialsError
from cibw.model.http import IndexSection, Login, Response, TrustedPublishing
from cibw.model.release import PackageIndex
from cibw.release.credentials import LoginPlaces, SecretSource
from cibw.release.identity import NoIdentityError
from cibw.release.trusted_publishing import Access, open_source
from unit_test.release.identities import GITHUB, token
from unit_test.release.trusted_world import AUDIENCE, BURN, FACTS, MINT, UPLOAD, World, minted, refusal, response


def test_an_identity_becomes_a_token_that_serves_several_files() -> None:
    world = World({MINT: (minted(1),)})
    source = world.source()
    assert source.credentials() == source.credentials()
    assert source.credentials().password == "pypi-minted-1"
    assert source.credentials().username == "__token__"
    assert world.asked(MINT) == 1
    assert json.loads(world.client.asked[1].body) == {"token": token(GITHUB)}
    assert "GitHub" in source.description


def test_tokens_and_identities_are_masked_and_known_as_secrets() -> None:
    world = World({MINT: (minted(1),)})
    source = world.source()
    source.credentials()
    assert world.masked == [token(GITHUB), "pypi-minted-1"]
    assert set(source.secrets()) == set(world.masked)


def test_a_token_is_renewed_before_it_ends() -> None:
    world = World({MINT: (minted(1), minted(2, expires=1700))})
    source = world.source()
    source.credentials()
    world.now = 779.0
    assert source.credentials().password == "pypi-minted-1"
    world.now = 781.0
    assert source.credentials().password == "pypi-minted-2"
    assert (world.asked(AUDIENCE), world.asked(MINT)) == (1, 2)


def test_the_clock_of_the_server_counts() -> None:
    late = response({"token": "pypi-minted-1", "expires": 1_800_000_900}, date="Fri, 15 Jan 2027 08:00:00 GMT")
    world = World({MINT: (late, minted(2))})
    source = world.source()
    source.credentials()
    world.now = 700.0
    assert source.credentials().password == "pypi-minted-1"
    world.now = 800.0
    assert source.credentials().password == "pypi-minted-2"


def test_a_token_without_end_is_taken_to_live_as_usual() -> None:
    world = World({MINT: (response({"token": "pypi-minted-1"}), minted(2, expires=2000))})
    source = world.source()
    source.credentials()
    world.now = 800.0
    assert source.credentials().password == "pypi-minted-2"


def test_the_old_token_serves_where_no_new_one_comes() -> None:
    world = World({MINT: (minted(1), refusal("not-enabled"))})
    source = world.source()
    source.credentials()
    world.now = 890.0
    assert source.credentials().password == "pypi-minted-1"
    world.now = 901.0
    with pytest.raises(CredentialsError, match="not-enabled"):
        source.credentials()


def test_a_ci_with_one_identity_says_so_when_the_token_has_ended() -> None:
    world = World({MINT: (minted(1),)}, identities=[token(GITHUB)] * 3)
    source = world.source(facts=CiFacts(provider=CiProvider.GITLAB))
    source.credentials()
    world.now = 800.0
    assert source.credentials().password == "pypi-minted-1"
    world.now = 950.0
    with pytest.raises(CredentialsError, match="only one identity") as caught:
        source.credentials()
    assert "upload the remaining files" in caught.value.hint
    assert world.asked(MINT) == 1


def test_faults_of_the_server_are_tried_again_with_new_identities() -> None:
    world = World({AUDIENCE: (None, response({"audience": "company"})), MINT: (Response(status=503), None, minted(1))})
    assert world.source().credentials().password == "pypi-minted-1"
    assert world.paused == [2.0, 2.0, 4.0]
    bodies = [request.body for request in world.client.asked if request.method == "POST"]
    assert len(set(bodies)) == 3


def test_an_index_that_does_not_come_back() -> None:
    world = World({AUDIENCE: (Response(status=500),)})
    with pytest.raises(CredentialsError, match="responded with 500") as caught:
        world.source().credentials()
    assert "uploads the missing files" in caught.value.hint


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Response(status=404), "does not support trusted publishing"),
        (Response(status=403), "temporarily disabled"),
        (Response(status=200, body=b"<html>"), "does not support trusted publishing"),
        (response({"audience": ""}), "does not support trusted publishing"),
        (Response(status=200, body=b"[1]"), "does not support trusted publishing"),
    ],
)
def test_an_index_without_audience(given: Response, words: str) -> None:
    with pytest.raises(CredentialsError, match=words):
        World({AUDIENCE: (given,)}).source().credentials()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (refusal("invalid-publisher"), "not match a trusted publisher"),
        (Response(status=404), "does not support trusted publishing"),
        (Response(status=422, body=b"no"), "HTTP 422"),
        (response({"message": "m", "errors": ["x", {"code": "odd"}]}, 422), r"\(odd\)"),
        (response({"success": True}), "HTTP 200"),
    ],
)
def test_a_refusal_is_explained(given: Response, words: str) -> None:
    with pytest.raises(CredentialsError, match=words) as caught:
        World({MINT: (given,)}).source().credentials()
    assert token(GITHUB) not in caught.value.message + caught.value.hint


def test_no_http_but_within_this_computer() -> None:
    world = World({})
    with pytest.raises(CredentialsError, match="not encrypted"):
        world.source("http://index.example/legacy/").credentials()
    assert not world.client.asked
    with pytest.raises(CredentialsError, match="does not support trusted publishing"):
        world.source("http://127.0.0.1:8080/legacy/").credentials()


def test_identities_that_are_not_given() -> None:
    world = World({}, identities=[None])
    with pytest.raises(CredentialsError, match="does not provide an identity"):
        world.source().credentials()
    world.refuses = NoIdentityError("no", needs_permission=True)
    with pytest.raises(CredentialsError, match="not allowed to request an identity"):
        world.source().credentials()
    world.refuses = NoIdentityError("the server is down")
    with pytest.raises(CredentialsError, match="the server is down"):
        world.source().credentials()


def test_living_tokens_are_burnt_once() -> None:
    world = World({MINT: (minted(1, 100), minted(2, 900))})
    source = world.source()
    source.credentials()
    source.credentials()
    world.now = 100.0
    source.close()
    source.close()
    revoked = [
        json.loads(request.body)["token"] for request in world.client.asked if request.address.endswith("burn-token")
    ]
    assert revoked == ["pypi-minted-2"]
    assert world.warnings == []


@pytest.mark.parametrize(
    ("given", "warnings"), [(Response(status=500), 1), (None, 1), (Response(status=404), 0), (Response(status=200), 0)]
)
def test_what_can_not_be_burnt_is_a_warning(given: Response | None, warnings: int) -> None:
    world = World({MINT: (minted(1),), BURN: (given,)})
    source = world.source()
    source.credentials()
    source.close()
    assert len(world.warnings) == warnings
    assert all("900 s" in warning and "minted-1" not in warning for warning in world.warnings)


@pytest.mark.parametrize(
    "audience",
    [
        *("public", "trial", "PUBLIC", " public", "sigstore", "sts.amazonaws.com", "api://AzureADTokenExchange"),
        *("//iam.googleapis.com/projects/1", "https://iam.googleapis.com/projects/1", "https://github.com/octo"),
    ],
)
def test_an_index_does_not_get_the_identity_for_another_service(audience: str) -> None:
    world = World({MINT: (minted(1),)}, audience=audience)
    with pytest.raises(CredentialsError, match="belongs to another service"):
        world.source().credentials()
    assert (world.masked, world.asked(MINT)) == ([], 0)


@pytest.mark.parametrize("upload", ["https://upload.public.example/legacy/", "https://PUBLIC.example/legacy/"])
def test_a_public_index_gets_the_identity_that_is_for_it(upload: str) -> None:
    host = upload.split("/")[2]
    asked = {f"GET https://{host}/_/oidc/audience": (response({"audience": "public"}),)}
    world = World({**asked, f"POST https://{host}/_/oidc/mint-token": (minted(1),)}, audience="public")
    assert world.source(upload).credentials().password == "pypi-minted-1"
    swapped = World({**asked, f"GET https://{host}/_/oidc/audience": (response({"audience": "trial"}),)})
    with pytest.raises(CredentialsError, match="belongs to another service"):
        swapped.source(upload).credentials()


def test_an_audience_is_not_looked_for_at_another_server() -> None:
    moved = Response(status=302, headers={"location": "https://other.example/_/oidc/audience"})
    world = World({AUDIENCE: (moved,)})
    with pytest.raises(CredentialsError, match="does not support trusted publishing"):
        world.source().credentials()
    assert world.client.asked[0].stay


def test_the_wait_that_an_index_asks_for_is_obeyed_and_told() -> None:
    world = World({MINT: (response({}, 429, **{"retry-after": "45"}), minted(1))})
    assert world.source().credentials().password == "pypi-minted-1"
    assert world.paused == [45.0]
    assert world.warnings == [
        "index.example did not issue a token for trusted publishing: it responded with 429; retrying in 45 s."
    ]
    late = World({MINT: (response({}, 503, **{"retry-after": "3600"}),)})
    with pytest.raises(CredentialsError, match="requests a wait of 3600 seconds"):
        late.source().credentials()
    assert late.paused == []


def test_a_trial_leaves_the_only_identity_of_a_job_to_the_run_that_sends() -> None:
    world = World({MINT: (minted(1),)})
    assert world.source(facts=CiFacts(provider=CiProvider.GITLAB)).probe() is None
    assert world.asked(MINT) == 0
    assert world.source().probe() is None
    assert world.asked(MINT) == 1
    missing = World({AUDIENCE: (Response(status=404),)}).source(facts=CiFacts(provider=CiProvider.GITLAB)).probe()
    assert missing is not None
    assert missing.is_absent


def _open(
    world: World,
    environment: Mapping[str, str],
    policy: TrustedPublishing = TrustedPublishing.AUTO,
    facts: CiFacts = FACTS,
    *,
    dry_run: bool = False,
) -> SecretSource:
    def keyring(_address: str, _user: str) -> Login | None:
        return None

    def pypirc() -> Mapping[str, IndexSection]:
        return {}

    access = Access(index=PackageIndex(name="company", upload=UPLOAD), facts=facts, policy=policy, dry_run=dry_run)
    return open_source(access, LoginPlaces(environment=environment, pypirc=pypirc, keyring=keyring), world.context)


TOKEN = {"CIBW_PUBLISH_TOKEN": "pypi-planted"}


def test_trusted_publishing_comes_first() -> None:
    assert _open(World({MINT: (minted(1),)}), TOKEN).credentials().password == "pypi-minted-1"


def test_never_means_never() -> None:
    world = World({MINT: (minted(1),)})
    assert _open(world, TOKEN, TrustedPublishing.NEVER).credentials().password == "pypi-planted"
    with pytest.raises(CredentialsError, match="No credentials found") as caught:
        _open(world, {}, TrustedPublishing.NEVER)
    assert "It is disabled" in caught.value.hint
    assert not world.client.asked


def test_always_means_nothing_else() -> None:
    assert _open(World({MINT: (minted(1),)}), {}, TrustedPublishing.ALWAYS).credentials().password == "pypi-minted-1"
    with pytest.raises(CredentialsError, match="does not support trusted publishing"):
        _open(World({AUDIENCE: (Response(status=404),)}), TOKEN, TrustedPublishing.ALWAYS)


def test_outside_of_a_ci_no_index_is_asked() -> None:
    world = World({})
    assert _open(world, TOKEN, facts=CiFacts()).description == "the variable CIBW_PUBLISH_TOKEN"
    assert not world.client.asked
    _open(World({MINT: (minted(1),)}), {"GOOGLE_SERVICE_ACCOUNT_NAME": "x"}, facts=CiFacts())


def test_a_login_replaces_a_refused_publisher_with_a_warning() -> None:
    world = World({MINT: (refusal("invalid-publisher"),)})
    assert _open(world, TOKEN).credentials().password == "pypi-planted"
    assert "Trusted publishing failed" in world.warnings[0]
    with pytest.raises(CredentialsError, match="not match a trusted publisher"):
        _open(world, {})


def test_what_is_not_set_up_needs_no_warning() -> None:
    world = World({})
    world.refuses = NoIdentityError("no", needs_permission=True)
    assert _open(world, TOKEN).credentials().password == "pypi-planted"
    assert world.warnings == []
    with pytest.raises(CredentialsError, match="No credentials found") as caught:
        _open(world, {})
    assert "id-token: write" in caught.value.hint


@pytest.mark.parametrize("policy", [TrustedPublishing.AUTO, TrustedPublishing.ALWAYS])
def test_a_dry_run_finds_out_whether_an_upload_would_be_let_in(policy: TrustedPublishing) -> None:
    gitlab = CiFacts(provider=CiProvider.GITLAB)
    world = World({MINT: (minted(1),)})
    assert "trusted publishing" in _open(world, {}, policy, gitlab, dry_run=True).description
    assert world.asked(MINT) == 0
    with pytest.raises(CredentialsError):
        _open(World({AUDIENCE: (Response(status=404),)}), {}, policy, gitlab, dry_run=True)
    with pytest.raises(CredentialsError):
        _open(World({MINT: (refusal("invalid-publisher"),)}), {}, policy, dry_run=True)
