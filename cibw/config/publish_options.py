"""The options of a release."""

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


TO = Option(kind=INDEX, facts=_facts("publish-to", "The index that a release goes to.", "pypi"))
SKIP_EXISTING = Option(
    kind=SWITCH,
    facts=_facts(
        "skip-existing",
        "A tagged release does not fail if the index already has all of its files.",
        default=False,
    ),
)
RELEASE_TARGETS = Option(
    kind=TARGETS,
    facts=_facts(
        "release-targets",
        "The platforms that a release must have wheels for; without any, those that builds have noted in dist.json.",
        (),
    ),
)
RELEASE_SDIST = Option(
    kind=SWITCH, facts=_facts("release-sdist", "Whether a release must have an sdist.", default=True)
)
FILE_SIZE_LIMIT = Option(
    kind=SIZE, facts=_facts("file-size-limit", "The largest file that the index takes of this project.", "100MiB")
)
CHECK_IGNORE = Option(kind=WORDS, facts=_facts("check-ignore", "Rules whose findings do not stop a release.", ()))
REQUIRE_TAG = Option(
    kind=SWITCH,
    facts=_facts("require-tag", "Whether a release must come from a tag of its version.", default=False),
)
TAGS = Option(kind=TAG_FORMAT, facts=_facts("tag-format", "What a release's tag looks like.", "v{version}"))
BRANCHES = Option(
    kind=WORDS,
    facts=_facts("publish-branches", "Patterns of the branches that releases come from; empty for any.", ()),
)
NEVER_FROM_PULL_REQUEST = Option(
    kind=SWITCH,
    facts=_facts("never-from-pull-request", "Whether runs for pull requests must not publish.", default=True),
)
BEFORE_PUBLISH = Option(
    kind=HOOK,
    facts=_facts("before-publish", "A command before the first file is sent; only where one will be sent."),
)
AFTER_PUBLISH = Option(
    kind=HOOK, facts=_facts("after-publish", "A command after the last file; only where one was sent.")
)
ATTESTATIONS = Option(
    kind=choice(AttestationPolicy),
    facts=_facts(
        "attestations",
        "Whether files are attested: `auto` does so with trusted publishing on GitHub and GitLab.",
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
