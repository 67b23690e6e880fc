"""Properties of the files of every CI service."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cibw.model.release import VersionSource
from cibw.workflows import CiService
from cibw.workflows.common import WorkflowOptions
from unit_test.workflows.reading import OPTIONS, groups_of, made, parsed, table

VARIANTS = (
    OPTIONS,
    replace(OPTIONS, from_sdist=True),
    replace(OPTIONS, test_index=False),
    replace(OPTIONS, groups=groups_of(per_identifier=True), tag_prefix="rel/v", branch="it's/1.x"),
    replace(OPTIONS, groups=groups_of(["cp312-win_amd64"])),
    replace(OPTIONS, groups=groups_of(["cp312-macosx_x86_64"])),
    replace(OPTIONS, package="pkg", config_file="pkg/cibw.toml"),
    replace(OPTIONS, groups=(), is_pure=True),
    replace(OPTIONS, tag_prefix="", tag_format="{version}", versions=VersionSource.FILES),
)
every_ci = pytest.mark.parametrize("service", CiService)
every_variant = pytest.mark.parametrize("options", VARIANTS, ids=range(len(VARIANTS)))


@every_ci
@every_variant
def test_the_file_is_yaml_without_open_places(service: CiService, options: WorkflowOptions) -> None:
    text = made(service, options).files[0].text
    assert table(parsed(service, options))
    assert not re.search(r"@[a-z_]+@", text)


@every_ci
@every_variant
def test_no_line_ends_in_blanks(service: CiService, options: WorkflowOptions) -> None:
    for file in made(service, options).files:
        assert not [line for line in file.text.splitlines() if line != line.rstrip()]
        assert file.text.endswith("\n")


@every_ci
def test_the_commands_build_check_and_publish(service: CiService) -> None:
    text = made(service).files[0].text
    for command in ("cibw sdist ", "cibw build ", "cibw collect artifacts --output-dir dist", "cibw check dist"):
        assert command in text
    assert text.index("cibw check") < text.index("cibw publish ")


@every_ci
def test_the_test_index_can_be_left_out(service: CiService) -> None:
    workflow = made(service, replace(OPTIONS, test_index=False))
    said = workflow.files[0].text.lower() + " ".join(workflow.next_steps).lower()
    assert "testpypi" in made(service).files[0].text
    assert "testpypi" not in said
    assert "test instance" not in said


@every_ci
def test_the_wheels_can_come_from_the_sdist(service: CiService) -> None:
    assert "--from-sdist" not in made(service).files[0].text
    text = made(service, replace(OPTIONS, from_sdist=True)).files[0].text
    # The next word must be an option; otherwise it would be parsed as the path of the sdist.
    assert set(re.findall(r"--from-sdist (\S)", text)) <= {"-", "$", "<"}
    assert "--from-sdist" in text


@every_ci
def test_package_and_configuration_are_handed_on(service: CiService) -> None:
    text = made(service, replace(OPTIONS, package="pkg", config_file="pkg/cibw.toml")).files[0].text
    assert "cibw check --package pkg --config-file pkg/cibw.toml dist" in text
    assert re.search(r"cibw sdist --output-dir \S+ pkg\n", text)
    assert re.search(r"cibw build .* --config-file pkg/cibw.toml pkg\n", text)


@every_ci
def test_what_is_done_next_names_the_file_that_was_asked_for(service: CiService) -> None:
    steps = made(service, replace(OPTIONS, output="ci/mine.yml")).next_steps
    assert any("ci/mine.yml" in step for step in steps)
    assert steps[-1].startswith("To release, push a tag")


@every_ci
def test_groups_without_a_computer_are_told(service: CiService) -> None:
    left_out = [group.name for group in made(service).left_out]
    assert left_out == ([] if service is CiService.GITHUB else ["android-x86_64"])


@every_ci
@every_variant
def test_only_the_version_that_made_the_file_is_installed(service: CiService, options: WorkflowOptions) -> None:
    text = made(service, options).files[0].text
    installed = re.findall(r"(?:pip|pipx) install (?!cibw==1\.2\.3|'cibw\[[a-z,]+\]==1\.2\.3')(.*)", text)
    assert not [line for line in installed if not line.startswith("pipx")]
    assert "==1.2.3" in text


@every_ci
def test_a_pure_project_has_no_job_for_a_platform(service: CiService) -> None:
    text = made(service, replace(OPTIONS, groups=(), is_pure=True)).files[0].text
    assert "cibw sdist --wheel " in text
    assert "cibw build" not in text
    assert "share a job" not in text
    assert "cibw sdist --output-dir" in made(service).files[0].text


@every_ci
@pytest.mark.parametrize("is_pure", [False, True])
def test_no_two_empty_lines_follow_each_other(service: CiService, *, is_pure: bool) -> None:
    text = made(service, replace(OPTIONS, groups=() if is_pure else OPTIONS.groups, is_pure=is_pure)).files[0].text
    assert "\n\n\n" not in text


@every_ci
def test_tags_without_a_prefix_begin_with_a_digit(service: CiService) -> None:
    options = replace(OPTIONS, tag_prefix="", tag_format="{version}")
    text = made(service, options).files[0].text
    assert re.search(r"CIBW_TAG_FORMAT(: |=)\"\{version\}\"", text)
    assert "CIBW_TAG_FORMAT" not in made(service).files[0].text
    assert "[0-9]" in text or service is CiService.AZURE
    assert made(service, options).next_steps[-1].endswith("git tag 1.0 && git push origin 1.0")


@every_ci
@pytest.mark.parametrize("versions", VersionSource)
def test_a_version_that_stays_the_same_is_sent_once(service: CiService, versions: VersionSource) -> None:
    workflow = made(service, replace(OPTIONS, versions=versions))
    stays = versions is VersionSource.FILES
    assert workflow.files[0].text.count("--skip-released") == (1 if stays else 0)
    assert stays == any("the test index already has that version" in step for step in workflow.next_steps)
    has_local = versions is VersionSource.COMMIT_LOCAL
    assert has_local == any("local part" in step for step in workflow.next_steps)


@every_ci
def test_nothing_is_said_of_a_test_index_that_is_left_out(service: CiService) -> None:
    options = replace(OPTIONS, versions=VersionSource.FILES, test_index=False)
    assert "--skip-released" not in made(service, options).files[0].text
    assert not [step for step in made(service, options).next_steps if "test index" in step]
