"""What holds for the files of every CI."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from cibw.workflows.values import CiService, Wishes
from unit_test.workflows.reading import WISHES, groups_of, made, parsed, table

VARIANTS = (
    WISHES,
    replace(WISHES, from_sdist=True),
    replace(WISHES, test_index=False),
    replace(WISHES, groups=groups_of(per_identifier=True), tag_prefix="rel/v", branch="it's/1.x"),
    replace(WISHES, groups=groups_of(["cp312-win_amd64"])),
    replace(WISHES, groups=groups_of(["cp312-macosx_x86_64"])),
    replace(WISHES, package="pkg", config_file="pkg/cibw.toml"),
)
every_ci = pytest.mark.parametrize("service", CiService)
every_variant = pytest.mark.parametrize("wishes", VARIANTS, ids=range(len(VARIANTS)))


@every_ci
@every_variant
def test_the_file_is_yaml_without_open_places(service: CiService, wishes: Wishes) -> None:
    text = made(service, wishes).files[0].text
    assert table(parsed(service, wishes))
    assert not re.search(r"@[a-z_]+@", text)


@every_ci
@every_variant
def test_no_line_ends_in_blanks(service: CiService, wishes: Wishes) -> None:
    for file in made(service, wishes).files:
        assert not [line for line in file.text.splitlines() if line != line.rstrip()]
        assert file.text.endswith("\n")


@every_ci
def test_the_commands_build_check_and_publish(service: CiService) -> None:
    text = made(service).files[0].text
    for command in ("cibw sdist ", "cibw build ", "cibw collect artifacts --output-dir dist", "cibw check dist"):
        assert command in text
    assert text.index("cibw check") < text.index("cibw publish --to")


@every_ci
def test_the_test_index_can_be_left_out(service: CiService) -> None:
    workflow = made(service, replace(WISHES, test_index=False))
    said = workflow.files[0].text.lower().replace("enum: [pypi, testpypi]", "") + " ".join(workflow.next_steps).lower()
    assert "testpypi" in made(service).files[0].text
    assert "testpypi" not in said
    assert "test instance" not in said


@every_ci
def test_the_wheels_can_come_from_the_sdist(service: CiService) -> None:
    assert "--from-sdist" not in made(service).files[0].text
    text = made(service, replace(WISHES, from_sdist=True)).files[0].text
    # The word that follows must be an option: it would be taken for the sdist's path.
    assert set(re.findall(r"--from-sdist (\S)", text)) <= {"-", "$", "<"}
    assert "--from-sdist" in text


@every_ci
def test_package_and_configuration_are_handed_on(service: CiService) -> None:
    text = made(service, replace(WISHES, package="pkg", config_file="pkg/cibw.toml")).files[0].text
    assert "cibw check --package pkg --config-file pkg/cibw.toml dist" in text
    assert re.search(r"cibw sdist --output-dir \S+ pkg\n", text)
    assert re.search(r"cibw build .* --config-file pkg/cibw.toml pkg\n", text)


@every_ci
def test_what_is_done_next_names_the_file_that_was_asked_for(service: CiService) -> None:
    steps = made(service, replace(WISHES, output="ci/mine.yml")).next_steps
    assert any("ci/mine.yml" in step for step in steps)
    assert steps[-1].startswith("To release, push a tag")


@every_ci
def test_groups_without_a_computer_are_told(service: CiService) -> None:
    left_out = [group.name for group in made(service).left_out]
    assert left_out == ([] if service is CiService.GITHUB else ["android-x86_64"])
