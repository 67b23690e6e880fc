from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from cibw.ci import CiFacts, CiProvider
from cibw.model.release import Gates
from cibw.release.gates import custom_of, format_of, gate_error, refusals, tag_for, tag_refusal, version_of


@pytest.mark.parametrize(
    ("tags", "tag_format"),
    [
        (("1.4", "1.10", "1.9"), "{version}"),
        (("v1.0",), "v{version}"),
        (("1.0", "v2.0"), "v{version}"),
        (("v2.0", "3.0"), "{version}"),
        (("release-1.0", "latest", "nightly-2026-01-01"), "release-{version}"),
        (("rel/v1.0rc1",), "rel/v{version}"),
        (("demo-1.0", "v3.0"), "demo-{version}"),
        (("my_demo==1.0",), "my_demo=={version}"),
        (("former-name-1.0",), "former-name-{version}"),
        (("V1.0",), "V{version}"),
        (("@demo@1.0",), "@demo@{version}"),
    ],
)
def test_the_tags_that_are_there_tell_their_form(tags: tuple[str, ...], tag_format: str) -> None:
    project = "my.demo" if "my_demo" in tags[0] else "demo"
    custom = custom_of(tags, project, is_alone=True)
    assert custom is not None
    assert custom.tag_format == tag_format
    assert custom.tag in tags


@pytest.mark.parametrize(
    "tags", [(), ("latest",), ("REL_1_3",), ("py3.10-demo",), ("build-2026-01-01",), ("v",), ("$(id)-1.0",)]
)
def test_tags_without_a_version_tell_nothing(tags: tuple[str, ...]) -> None:
    assert custom_of(tags, "demo", is_alone=True) is None


def test_tags_of_other_packages_tell_nothing_in_a_repository_of_several() -> None:
    assert custom_of(("other-v1.0", "foo2-9.0"), "demo", is_alone=False) is None
    named = custom_of(("other-v1.0", "foo2-9.0", "v3.0"), "foo2", is_alone=False)
    assert named is not None
    assert (named.tag_format, named.is_named) == ("foo2-{version}", True)
    general = custom_of(("other-v1.0", "v3.0"), "demo", is_alone=False)
    assert general is not None
    assert (general.tag_format, general.is_named) == ("v{version}", False)


VERSION = Version("1.0")
TAGGED = Gates(require_tag=True)
GITHUB = CiFacts(provider=CiProvider.GITHUB, event="push")


def on(tag: str = "", branch: str = "", event: str = "push", *, pull: bool = False, fork: bool = False) -> CiFacts:
    tags = (tag,) if tag else ()
    return CiFacts(
        provider=CiProvider.GITHUB, tags=tags, branch=branch, event=event, is_pull_request=pull, is_fork=fork
    )


def _message(gates: Gates, facts: CiFacts) -> tuple[str, str]:
    error = gate_error(tuple(refusals(gates, facts, "Hello.World", VERSION)))
    assert error.exit_code == 24
    return error.message, error.hint


def _is_open(gates: Gates, facts: CiFacts) -> bool:
    return not tuple(refusals(gates, facts, "hello", VERSION))


@pytest.mark.parametrize("tag", ["v1.0", "v1", "v1.0.0"])
def test_a_tag_of_the_version_opens_the_gate(tag: str) -> None:
    assert _is_open(TAGGED, on(tag))


def test_one_of_several_tags_is_enough() -> None:
    assert _is_open(TAGGED, CiFacts(tags=("latest", "v1.0")))


@pytest.mark.parametrize(
    ("tag", "near"),
    [
        ("1.0", "{version}"),
        ("release-1.0", "release-{version}"),
        ("hello-world-1.0", "hello-world-{version}"),
        ("hello_world-v1.0", "hello_world-v{version}"),
        ("hello.world/v1.0", "hello.world/v{version}"),
    ],
)
def test_a_tag_of_another_form_is_explained(tag: str, near: str) -> None:
    message, hint = _message(TAGGED, on(tag))
    assert f"{tag} is for version 1.0" in message
    assert repr(near) in hint
    assert "rename the tag to v1.0" in hint


def test_a_tag_of_another_version_is_named() -> None:
    message, hint = _message(TAGGED, on("v1.1"))
    assert "have version 1.0, whose tag is v1.0" in message
    assert "v1.1 is for version 1.1" in message
    assert "v1.0" in hint


@pytest.mark.parametrize("tag", ["other-1.0", "nightly", "v", "vx"])
def test_a_tag_that_means_nothing(tag: str) -> None:
    assert f"{tag} has another form" in _message(TAGGED, on(tag))[0]


def test_no_tag() -> None:
    message, hint = _message(TAGGED, on(branch="main"))
    assert "main has no tag" in message
    assert "git push origin v1.0" in hint


def test_google_has_to_hand_on_its_tag() -> None:
    assert "TAG_NAME" in _message(TAGGED, CiFacts(provider=CiProvider.GOOGLE))[1]
    assert "fetch git tags" in _message(TAGGED, CiFacts(provider=CiProvider.OTHER))[1]


def test_branches_are_patterns() -> None:
    gates = Gates(branches=("main", "release/*"))
    assert _is_open(gates, on(branch="release/1"))
    message, hint = _message(gates, on(branch="dev"))
    assert "main, release/*" in message
    assert "This is dev" in message
    assert "publish-branches" in hint


def test_the_tag_of_the_version_stands_for_a_branch_and_no_other_does() -> None:
    gates = Gates(branches=("main",))
    assert _is_open(gates, on("v1.0"))
    assert "The run for nightly has no branch" in _message(gates, on("nightly"))[0]
    assert "This checkout has no branch" in _message(gates, CiFacts())[0]


def test_pull_requests_do_not_publish() -> None:
    message, hint = _message(Gates(), on(branch="x", event="pull_request", pull=True, fork=True))
    assert "pull request from another repository" in message
    assert "never-from-pull-request" in hint
    assert _is_open(Gates(never_from_pull_request=False), on(event="pull_request", pull=True))


def test_the_unsafe_event_is_never_allowed() -> None:
    gates = Gates(never_from_pull_request=False)
    assert "pull_request_target" in _message(gates, on(event="pull_request_target", pull=True))[0]


def test_all_reasons_come_together() -> None:
    gates = Gates(require_tag=True, branches=("main",))
    assert len(tuple(refusals(gates, on(branch="x", event="pull_request", pull=True), "hello", VERSION))) == 3
    assert len(_message(gates, on(branch="x", event="pull_request", pull=True))[0].splitlines()) == 3


numbers = st.lists(st.integers(0, 99), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))
versions = st.builds(lambda number, end: Version(number + end), numbers, st.sampled_from(["", "a1", ".post2", ".dev3"]))
formats = st.sampled_from(["v{version}", "{version}", "rel_{version}", "hello-{version}-final"])


@given(versions, formats)
def test_the_tag_of_a_version_is_read_back(version: Version, tag_format: str) -> None:
    tag = tag_for(tag_format, version)
    assert version_of(tag, tag_format) == version
    assert tag_refusal((tag,), tag_format, "hello", version) is None


@given(versions, st.sampled_from(["{}", "v{}", "hello-{}", "Hello/v{}"]))
def test_the_form_that_is_found_reads_the_tag(version: Version, form: str) -> None:
    tag = form.format(version)
    assert version_of(tag, format_of(tag, "hello", version)) == version


@given(st.text(max_size=12))
def test_any_text_is_a_tag_or_none(tag: str) -> None:
    found = version_of(tag, "v{version}")
    assert found is None or tag.startswith("v")
