"""Specific properties of the files of GitLab, Azure, CircleCI and Travis."""

from __future__ import annotations

from dataclasses import replace

from cibw.workflows import CiService
from unit_test.workflows.reading import OPTIONS, at, entries, groups_of, made, parsed, table


def test_gitlab_gives_tokens_to_publishing_jobs_alone() -> None:
    pipeline = table(parsed(CiService.GITLAB))
    having = {name for name, job in pipeline.items() if isinstance(job, dict) and "id_tokens" in job}
    assert having == {"publish", "publish to the test index"}
    assert set(table(pipeline["publish"], "id_tokens")) == {"PYPI_ID_TOKEN", "SIGSTORE_ID_TOKEN"}


def test_gitlab_releases_from_tags() -> None:
    pipeline = parsed(CiService.GITLAB, replace(OPTIONS, tag_prefix="rel/"))
    assert at(pipeline, "publish", "rules", 0, "if") == "$CI_COMMIT_TAG =~ /^rel\\//"


def test_gitlab_speaks_powershell_on_windows() -> None:
    command = str(at(parsed(CiService.GITLAB), "wheels on Windows", "script", 0))
    assert "--archs $env:ARCHS" in command
    single = replace(OPTIONS, groups=groups_of(per_identifier=True))
    assert "--only $env:ONLY" in str(at(parsed(CiService.GITLAB, single), "wheels on Windows", "script", 0))


def test_gitlab_has_no_job_for_a_platform_without_builds() -> None:
    pipeline = table(parsed(CiService.GITLAB, replace(OPTIONS, groups=groups_of(["cp312-win_amd64"]))))
    assert [name for name in pipeline if name.startswith("wheels")] == ["wheels on Windows"]


def test_gitlab_waits_for_the_sdist_only_where_it_is_needed() -> None:
    assert entries(parsed(CiService.GITLAB), "wheels on Linux", "needs") == []
    pipeline = parsed(CiService.GITLAB, replace(OPTIONS, from_sdist=True))
    assert entries(pipeline, "wheels on Linux", "needs") == ["sdist"]


def test_azure_names_its_secrets_only_where_they_are_used() -> None:
    text = made(CiService.AZURE).files[0].text
    assert text.count("$(PYPI_API_TOKEN)") == 1
    assert text.index("$(PYPI_API_TOKEN)") > text.index("stage: publish")


def test_names_of_azures_jobs_have_no_dashes() -> None:
    matrix = table(parsed(CiService.AZURE), "stages", 0, "jobs", 1, "strategy", "matrix")
    assert "linux_s390x" in matrix
    assert table(matrix["linux_s390x"])["qemu"] == "yes"
    assert not [name for name in matrix if "-" in name]


def test_circleci_requires_every_build_before_the_check() -> None:
    called = entries(parsed(CiService.CIRCLECI), "workflows", "wheels", "jobs")
    check = next(table(job, "check") for job in called if "check" in table(job))
    names = [table(job, name).get("name") for job in called for name in table(job) if name.startswith("wheels_")]
    assert check["requires"] == ["sdist", *names]


def test_circleci_publishes_by_tags_alone() -> None:
    called = entries(parsed(CiService.CIRCLECI), "workflows", "wheels", "jobs")
    publish = table(called[-1], "publish")
    assert publish["filters"] == {"branches": {"ignore": "/.*/"}, "tags": {"only": "/^v.*/"}}


def test_circleci_emulates_what_it_has_no_processor_for() -> None:
    called = entries(parsed(CiService.CIRCLECI), "workflows", "wheels", "jobs")
    emulated = [table(job, name).get("name") for job in called for name in table(job) if table(job, name).get("qemu")]
    assert emulated == ["linux-s390x"]


def test_travis_keeps_secrets_from_jobs_that_build() -> None:
    jobs = entries(parsed(CiService.TRAVIS), "jobs", "include")
    assert [table(job)["name"] for job in jobs if "env" in table(job)] == ["check and publish"]
    assert "env" not in table(parsed(CiService.TRAVIS))


def test_travis_deploys_tags_of_any_branch() -> None:
    deploy = entries(parsed(CiService.TRAVIS), "jobs", "include", -1, "deploy")
    assert table(deploy[-1], "on") == {"tags": True, "all_branches": True, "condition": "$TRAVIS_TAG =~ ^v"}
    assert all(table(one)["skip_cleanup"] is True for one in deploy)


def test_travis_gathers_the_files_of_all_jobs() -> None:
    jobs = entries(parsed(CiService.TRAVIS), "jobs", "include")
    created = [at(job, "workspaces", "create", "name") for job in jobs[:-1]]
    assert entries(jobs[-1], "workspaces", "use") == created


def test_travis_has_processors_of_its_own() -> None:
    jobs = entries(parsed(CiService.TRAVIS), "jobs", "include")
    assert "s390x" in [table(job).get("arch") for job in jobs]
    foreign = replace(OPTIONS, groups=groups_of(["cp312-manylinux_armv7l"]))
    assert "binfmt" in made(CiService.TRAVIS, foreign).files[0].text
