from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from cibw.workflows import CiService
from cibw.workflows.github import PINS
from unit_test.workflows.reading import OPTIONS, at, entries, groups_of, made, parsed, table

ROOT = Path(__file__).parents[2]
PURE = replace(OPTIONS, groups=(), is_pure=True)


def jobs() -> dict[str, object]:
    return table(parsed(CiService.GITHUB), "jobs")


def uses(text: str) -> list[str]:
    return re.findall(r"uses: (.+)", text)


def test_only_the_job_that_publishes_gets_a_token_and_it_builds_nothing() -> None:
    for options in (OPTIONS, PURE):
        found = table(parsed(CiService.GITHUB, options), "jobs")
        with_token = [name for name, job in found.items() if "id-token" in str(table(job).get("permissions"))]
        assert with_token == ["publish"]
        commands = [str(table(step).get("run", "")) for step in entries(found["publish"], "steps")]
        assert not [command for command in commands if re.search(r"cibw (build|sdist)", command)]


def test_no_job_may_write_but_for_the_token() -> None:
    assert table(parsed(CiService.GITHUB), "permissions") == {"contents": "read"}
    assert table(jobs()["publish"], "permissions") == {"contents": "read", "id-token": "write"}
    assert not [name for name, job in jobs().items() if name != "publish" and "permissions" in table(job)]


def test_publishing_needs_everything_and_shows_the_page() -> None:
    assert at(jobs()["publish"], "needs") == "check"
    assert entries(jobs()["check"], "needs") == ["sdist", "wheels"]
    assert at(jobs()["publish"], "environment", "url") == "${{ steps.publish.outputs.url }}"


def test_only_tags_become_releases() -> None:
    sent = entries(jobs()["publish"], "steps")[-1]
    assert at(jobs()["publish"], "if") == "github.event_name == 'push'"
    assert at(sent, "env", "INDEX") == (
        "${{ github.ref_type == 'tag' && '--to pypi --require-tag' || '--to testpypi' }}"
    )
    assert at(jobs()["publish"], "environment", "name") == "${{ github.ref_type == 'tag' && 'pypi' || 'testpypi' }}"


def test_without_a_test_index_no_branch_publishes() -> None:
    job = at(parsed(CiService.GITHUB, replace(OPTIONS, test_index=False)), "jobs", "publish")
    assert at(job, "if") == "github.event_name == 'push' && github.ref_type == 'tag'"
    assert at(job, "environment", "name") == "pypi"
    assert at(entries(job, "steps")[-1], "run") == "cibw publish --to pypi --require-tag dist"


@pytest.mark.parametrize(
    ("prefix", "pattern"), [("v", "v*"), ("rel/", "rel/*"), ("", "[0-9]*"), ("c++-", r"c\+\+-*"), ("[x]", r"\[x\]*")]
)
def test_the_tags_of_the_project_start_the_workflow(prefix: str, pattern: str) -> None:
    assert at(parsed(CiService.GITHUB, replace(OPTIONS, tag_prefix=prefix)), "on", "push", "tags") == [pattern]


def test_builds_end_in_time() -> None:
    assert at(jobs()["wheels"], "timeout-minutes") == 180


def test_workflows_of_a_repository_have_their_own_names_and_runs() -> None:
    first, second = (replace(OPTIONS, package=f"packages/{name}", project=name) for name in ("foo", "Bar.Baz"))
    paths = [made(CiService.GITHUB, options).files[0].path for options in (OPTIONS, first, second)]
    assert paths == [f".github/workflows/{name}.yml" for name in ("wheels", "wheels-foo", "wheels-bar-baz")]
    names = [at(parsed(CiService.GITHUB, options), "name") for options in (OPTIONS, first, second)]
    assert names == ["wheels", "wheels-foo", "wheels-bar-baz"]
    assert at(parsed(CiService.GITHUB, first), "concurrency", "group") == "${{ github.workflow }}-${{ github.ref }}"
    assert any("workflow name wheels-foo.yml" in step for step in made(CiService.GITHUB, first).next_steps)


def test_a_workflow_elsewhere_has_the_name_of_its_file() -> None:
    assert at(parsed(CiService.GITHUB, replace(OPTIONS, output="x/release.yaml")), "name") == "release"


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
    native = replace(OPTIONS, groups=groups_of(["cp312-manylinux_x86_64"]))
    assert "qemu" not in made(CiService.GITHUB, native).files[0].text


def test_the_emulator_of_android_gets_its_rights() -> None:
    assert "kvm" in made(CiService.GITHUB).files[0].text
    without = replace(OPTIONS, groups=groups_of(["cp312-manylinux_x86_64"]))
    assert "kvm" not in made(CiService.GITHUB, without).files[0].text


def test_the_publisher_is_registered_for_the_file_that_is_written() -> None:
    workflow = made(CiService.GITHUB, replace(OPTIONS, output=".github/workflows/release.yml"))
    assert "workflow `release.yml`" in workflow.files[0].text
    assert any("workflow name release.yml" in step for step in workflow.next_steps)


def test_dependabot_comes_along() -> None:
    companion = made(CiService.GITHUB).files[1]
    assert companion.is_companion
    assert companion.path == ".github/dependabot.yml"
    assert "github-actions" in companion.text
