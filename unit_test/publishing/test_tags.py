from __future__ import annotations

import pytest

from cibw.publishing.tags import custom_of


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
