"""Common parts of the workflow files of all CI services."""

from __future__ import annotations

from collections.abc import Iterable

from cibw.model.versions import VersionSource
from cibw.workflows.commands import requirement
from cibw.workflows.templates import scalar
from cibw.workflows.values import Wishes

EXAMPLE_VERSION = "1.0"
_FIRST_OF_VERSION = "[0-9]"
_TOGETHER = "# Builds of an architecture share a job, so that an abi3 wheel is built once and reused for later Pythons."


def common_values(wishes: Wishes) -> dict[str, str]:
    """Values for the templates of all CI services."""
    prefix = wishes.tag_prefix
    return {
        **_indexes(wishes),
        "project": wishes.project,
        "builds_together": _TOGETHER if wishes.groups else "",
        "branch": scalar(wishes.branch),
        # In an expression, quotes are doubled.
        "branch_text": wishes.branch.replace("'", "''"),
        "cibw": requirement(wishes),
        "cibw_publish": requirement(wishes, "publish"),
        "cibw_attest": requirement(wishes, "publish", "attest"),
        "tags": f"{prefix}*",
        "tag_pattern": scalar(f"{prefix}*"),
        "tag_text": prefix.replace("'", "''"),
        "tag_regex": regex(prefix) or _FIRST_OF_VERSION,
        "tag_environment": f"CIBW_TAG_FORMAT: {scalar(wishes.tag_format)}" if wishes.tag_format else "",
        "example": f"{prefix}{EXAMPLE_VERSION}",
    }


def _indexes(wishes: Wishes) -> dict[str, str]:
    """Phrases about the indexes that the project is published to."""
    test = wishes.test_index
    return {
        "also_test": " (and on its test instance)" if test else "",
        "another_test": " (and another on its test instance)" if test else "",
        "environment": "`pypi` (`testpypi`)" if test else "`pypi`",
        "environments": "the environments `pypi` and `testpypi`" if test else "the environment `pypi`",
        "contexts": "the contexts `pypi` and `testpypi`" if test else "the context `pypi`",
        "token_variables": token_names(wishes),
    }


def regex(prefix: str) -> str:
    """A regular expression for a prefix, without the leading anchor."""
    return "".join(letter if letter.isalnum() or letter in "-_" else f"\\{letter}" for letter in prefix)


def sequence(words: Iterable[str]) -> str:
    """Texts as the items of a single-line YAML list."""
    return ", ".join(scalar(word) for word in words)


def paragraphs(texts: Iterable[str]) -> str:
    """Join blocks of YAML with empty lines."""
    return "\n".join(text for text in texts if text)


def environment_names(wishes: Wishes) -> str:
    """The names of the publishing environments, as a phrase."""
    return "pypi and testpypi" if wishes.test_index else "pypi"


def token_names(wishes: Wishes) -> str:
    """The names of the variables with API tokens, as a phrase."""
    return "PYPI_API_TOKEN and TESTPYPI_API_TOKEN" if wishes.test_index else "PYPI_API_TOKEN"


def publisher_step(wishes: Wishes, service: str, values: str) -> str:
    """Instructions to register a trusted publisher; `values` are those of the form for the CI."""
    both = " and on its test instance, each" if wishes.test_index else ""
    names = "pypi or testpypi" if wishes.test_index else "pypi"
    return (
        f"On the index{both} in the publishing settings of the project, add {service} as a trusted publisher with "
        f"{values}, environment name {names}. If the project does not exist yet, add a pending publisher in your "
        f"account settings with the project name {wishes.project}."
    )


def token_step(wishes: Wishes, service: str) -> str:
    """Instructions for a CI without trusted publishing."""
    indexes = "the index, and another on its test instance" if wishes.test_index else "the index"
    return f"Create an API token for {wishes.project} only on {indexes}: {service} does not support trusted publishing."


def version_steps(wishes: Wishes) -> tuple[str, ...]:
    """Notes about project versions and the test index; empty if each push has its own version."""
    if wishes.versions is VersionSource.FILES and wishes.test_index:
        text = (
            f"The version of {wishes.project} stays the same until you change it. If the test index already has that "
            "version, a push uploads nothing and succeeds. To test another upload, increase the version, for example "
            "to a development version such as 1.1.dev1."
        )
    elif wishes.versions is VersionSource.COMMIT_LOCAL:
        text = (
            f"Between tags, versions of {wishes.project} have a local part (+...), which indexes reject, so only tags "
            "are published. To test uploads on the test index, configure the version tool to omit that part, for "
            'example with local_scheme = "no-local-version" of setuptools-scm, and run `cibw init --force` again.'
        )
    else:
        return ()
    return (text,)


def tag_step(wishes: Wishes) -> str:
    """Instructions to make a release."""
    tag = f"{wishes.tag_prefix}{EXAMPLE_VERSION}"
    return f"To release, push a tag of the version: git tag {tag} && git push origin {tag}"


def first_look(files: str) -> str:
    """Instructions for the first step."""
    return f"Commit {files}, and check the first run."
