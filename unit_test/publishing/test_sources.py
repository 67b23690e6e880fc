from __future__ import annotations

from collections.abc import Mapping

import pytest

from cibw.errors import CredentialsError
from cibw.model.ci import CiFacts, CiProvider
from cibw.model.credentials import IndexSection, Login, TrustedPublishing
from cibw.model.release import PackageIndex
from cibw.model.web import Answer
from cibw.publishing.credentials import SecretSource
from cibw.publishing.logins import Places
from cibw.publishing.sources import Access, open_source
from cibw.publishing.trusted_identity import NoIdentityError
from unit_test.publishing.trusted_world import AUDIENCE, FACTS, MINT, UPLOAD, World, minted, refusal


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
    return open_source(access, Places(environment=environment, pypirc=pypirc, keyring=keyring), world.surroundings)


TOKEN = {"CIBW_PUBLISH_TOKEN": "pypi-planted"}


def test_trusted_publishing_comes_first() -> None:
    assert _open(World({MINT: (minted(1),)}), TOKEN).credentials().password == "pypi-minted-1"


def test_never_means_never() -> None:
    world = World({MINT: (minted(1),)})
    assert _open(world, TOKEN, TrustedPublishing.NEVER).credentials().password == "pypi-planted"
    with pytest.raises(CredentialsError, match="No credentials found") as caught:
        _open(world, {}, TrustedPublishing.NEVER)
    assert "It is disabled" in caught.value.hint
    assert not world.web.asked


def test_always_means_nothing_else() -> None:
    assert _open(World({MINT: (minted(1),)}), {}, TrustedPublishing.ALWAYS).credentials().password == "pypi-minted-1"
    with pytest.raises(CredentialsError, match="does not support trusted publishing"):
        _open(World({AUDIENCE: (Answer(status=404),)}), TOKEN, TrustedPublishing.ALWAYS)


def test_outside_of_a_ci_no_index_is_asked() -> None:
    world = World({})
    assert _open(world, TOKEN, facts=CiFacts()).description == "the variable CIBW_PUBLISH_TOKEN"
    assert not world.web.asked
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
        _open(World({AUDIENCE: (Answer(status=404),)}), {}, policy, gitlab, dry_run=True)
    with pytest.raises(CredentialsError):
        _open(World({MINT: (refusal("invalid-publisher"),)}), {}, policy, dry_run=True)
