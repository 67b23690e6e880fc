from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from cibw.workflows.github import PINS
from cibw.workflows.values import CiService
from unit_test.workflows.reading import WISHES, at, entries, groups_of, made, parsed, table

ROOT = Path(__file__).parents[2]
PUBLISHING = ("publish", "test-index")


def jobs() -> dict[str, object]:
    return table(parsed(CiService.GITHUB), "jobs")


def uses(text: str) -> list[str]:
    return re.findall(r"uses: (.+)", text)


def test_only_jobs_that_publish_get_a_token_and_they_build_nothing() -> None:
    with_token = {name for name, job in jobs().items() if "id-token" in table(job, "permissions")}
    assert with_token == set(PUBLISHING)
    for name in PUBLISHING:
        commands = [str(table(step).get("run", "")) for step in entries(jobs()[name], "steps")]
        assert not [command for command in commands if re.search(r"cibw (build|sdist)", command)]


def test_nothing_is_allowed_that_a_job_does_not_say() -> None:
    assert table(parsed(CiService.GITHUB), "permissions") == {}
    assert all("permissions" in table(job) for job in jobs().values())


@pytest.mark.parametrize("name", PUBLISHING)
def test_publishing_needs_everything_and_shows_the_page(name: str) -> None:
    assert entries(jobs()[name], "needs") == ["sdist", "wheels", "check"]
    assert at(jobs()[name], "environment", "url") == "${{ steps.publish.outputs.url }}"


def test_only_tags_become_releases() -> None:
    assert "startsWith(github.ref, 'refs/tags/v')" in str(at(jobs()["publish"], "if"))
    wishes = replace(WISHES, tag_prefix="rel/")
    condition = str(at(parsed(CiService.GITHUB, wishes), "jobs", "publish", "if"))
    assert "startsWith(github.ref, 'refs/tags/rel/')" in condition
    assert at(parsed(CiService.GITHUB, wishes), "on", "push", "tags") == ["rel/*"]


def test_each_job_ends_in_time() -> None:
    assert all("timeout-minutes" in table(job) for job in jobs().values())


def test_no_checkout_leaves_its_credentials() -> None:
    text = made(CiService.GITHUB).files[0].text
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")


def test_actions_are_pinned_by_commit_with_their_version() -> None:
    found = uses(made(CiService.GITHUB).files[0].text)
    assert found
    assert all(re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v[0-9.]+", use) for use in found)


def test_pins_are_those_that_the_projects_own_workflow_uses() -> None:
    own = {use.partition("@")[0]: use for use in uses((ROOT / ".github/workflows/test.yml").read_text("utf-8"))}
    pinned = {pin.partition("@")[0]: pin for pin in PINS.values()}
    assert own == {action: pinned[action] for action in own}
    assert set(uses((ROOT / "action.yml").read_text("utf-8"))) <= set(PINS.values())


def test_foreign_processors_are_emulated_where_there_are_any() -> None:
    assert "setup-qemu-action" in made(CiService.GITHUB).files[0].text
    native = replace(WISHES, groups=groups_of(["cp312-manylinux_x86_64"]))
    assert "qemu" not in made(CiService.GITHUB, native).files[0].text


def test_the_emulator_of_android_gets_its_rights() -> None:
    assert "kvm" in made(CiService.GITHUB).files[0].text
    without = replace(WISHES, groups=groups_of(["cp312-manylinux_x86_64"]))
    assert "kvm" not in made(CiService.GITHUB, without).files[0].text


def test_the_publisher_is_registered_for_the_file_that_is_written() -> None:
    workflow = made(CiService.GITHUB, replace(WISHES, output=".github/workflows/release.yml"))
    assert "workflow `release.yml`" in workflow.files[0].text
    assert any("workflow name release.yml" in step for step in workflow.next_steps)


def test_dependabot_comes_along() -> None:
    companion = made(CiService.GITHUB).files[1]
    assert companion.is_companion
    assert companion.path == ".github/dependabot.yml"
    assert "github-actions" in companion.text
