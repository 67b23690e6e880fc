"""Options for publishing releases."""

from __future__ import annotations

from cibw.config.kinds import SWITCH, WORDS
from cibw.config.kinds_of_commands import HOOK
from cibw.config.kinds_of_releases import INDEX, SIZE, TAG_FORMAT, TARGETS
from cibw.config.kinds_of_tools import choice
from cibw.config.option import NOWHERE, AnyOption, Facts, Option, Places, Scope
from cibw.config.toml import TomlValue
from cibw.model.attestations import AttestationPolicy


def _facts(name: str, description: str, default: TomlValue = "") -> Facts:
    places = Places(scope=Scope.RUN, tables=NOWHERE, suffixes=NOWHERE)
    return Facts(name=name, description=description, default=default, places=places, is_own=True)


TO = Option(kind=INDEX, facts=_facts("publish-to", "Index to publish to.", "pypi"))
SKIP_EXISTING = Option(
    kind=SWITCH,
    facts=_facts(
        "skip-existing",
        "Do not fail a tagged release if the index already has all of its files.",
        default=False,
    ),
)
RELEASE_TARGETS = Option(
    kind=TARGETS,
    facts=_facts(
        "release-targets",
        "Platforms that a release must have wheels for; empty for those that the builds recorded in dist.json.",
        (),
    ),
)
RELEASE_SDIST = Option(kind=SWITCH, facts=_facts("release-sdist", "Require an sdist in each release.", default=True))
FILE_SIZE_LIMIT = Option(
    kind=SIZE, facts=_facts("file-size-limit", "Largest file that the index accepts for this project.", "100MiB")
)
CHECK_IGNORE = Option(kind=WORDS, facts=_facts("check-ignore", "Rules whose findings do not block a release.", ()))
REQUIRE_TAG = Option(
    kind=SWITCH,
    facts=_facts("require-tag", "Require a tag that matches the version of the release.", default=False),
)
TAGS = Option(kind=TAG_FORMAT, facts=_facts("tag-format", "Format of release tags.", "v{version}"))
BRANCHES = Option(
    kind=WORDS,
    facts=_facts("publish-branches", "Patterns of the branches that can publish; empty for any branch.", ()),
)
NEVER_FROM_PULL_REQUEST = Option(
    kind=SWITCH,
    facts=_facts("never-from-pull-request", "Refuse to publish from pull request runs.", default=True),
)
BEFORE_PUBLISH = Option(
    kind=HOOK,
    facts=_facts("before-publish", "Command to run before the first upload; skipped if there is nothing to upload."),
)
AFTER_PUBLISH = Option(
    kind=HOOK, facts=_facts("after-publish", "Command to run after the last upload; skipped if nothing was uploaded.")
)
ATTESTATIONS = Option(
    kind=choice(AttestationPolicy),
    facts=_facts(
        "attestations",
        "Whether to attest files: `auto` does so with trusted publishing on GitHub and GitLab.",
        "auto",
    ),
)
PUBLISH_OPTIONS: tuple[AnyOption, ...] = (
    TO,
    SKIP_EXISTING,
    RELEASE_TARGETS,
    RELEASE_SDIST,
    FILE_SIZE_LIMIT,
    CHECK_IGNORE,
    REQUIRE_TAG,
    TAGS,
    BRANCHES,
    NEVER_FROM_PULL_REQUEST,
    BEFORE_PUBLISH,
    AFTER_PUBLISH,
    ATTESTATIONS,
)
