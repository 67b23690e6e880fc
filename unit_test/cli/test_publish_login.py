from __future__ import annotations

from packaging.version import Version

from cibw.ci import CiFacts, CiProvider
from cibw.cli.commands.publish import gate_refusals
from cibw.cli.index import LazySource
from cibw.config.options import PublishOptions
from cibw.model.http import Login
from cibw.release.credentials import LoginSource, SecretSource
from unit_test.cli.calling import Caller

WHEEL = "demo-1.0-cp312-cp312-manylinux_2_17_x86_64.whl"


class _Opener:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> SecretSource:
        self.calls += 1
        return LoginSource(login=Login(username="alice", password="planted", place="the keyring"))


def test_a_source_is_opened_once_and_only_when_it_is_asked() -> None:
    opener = _Opener()
    learned: list[str] = []
    source = LazySource(opener, learned.extend)
    assert source.secrets() == ()
    source.close()
    assert opener.calls == 0
    assert source.description == "the keyring"
    assert source.credentials().username == "alice"
    assert source.secrets() == ("planted",)
    assert set(learned) == {"planted"}
    source.close()
    assert opener.calls == 1


def test_the_options_are_the_gates() -> None:
    facts = CiFacts(provider=CiProvider.GITHUB, branch="dev", is_pull_request=True)
    shut = PublishOptions(require_tag=True, tag_format="r{version}", branches=("main",))
    messages = " ".join(one.message + one.hint for one in gate_refusals(shut, facts, "demo", "1.0"))
    for word in ("pull request", "git tag r1.0", "This is dev"):
        assert word in messages
    assert gate_refusals(PublishOptions(never_from_pull_request=False), facts, "demo", str(Version("1"))) == ()


def test_a_shut_gate_ends_the_command(cibw: Caller) -> None:
    (cibw.directory / WHEEL).touch()
    cibw.environment.setenv("GITHUB_ACTIONS", "true")
    cibw.environment.setenv("GITHUB_REF", "refs/pull/1/merge")
    called = cibw("publish", WHEEL)
    assert called.exit_code == 24
    assert "never-from-pull-request = false" in " ".join(called.stderr.split())
