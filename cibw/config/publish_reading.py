"""Read the options of a release from the layers of a configuration."""

from __future__ import annotations

from cibw.config.publish_options import (
    AFTER_PUBLISH,
    ATTESTATIONS,
    BEFORE_PUBLISH,
    BRANCHES,
    CHECK_IGNORE,
    FILE_SIZE_LIMIT,
    NEVER_FROM_PULL_REQUEST,
    RELEASE_SDIST,
    RELEASE_TARGETS,
    REQUIRE_TAG,
    SKIP_EXISTING,
    TAGS,
    TO,
)
from cibw.config.publish_values import PublishOptions
from cibw.config.reader import Reader


def read_publish_options(reader: Reader) -> PublishOptions:
    """The options of a release; a switch that is `auto` has its default value."""
    return PublishOptions(
        to=reader.cascade(TO).value(),
        skip_existing=bool(reader.cascade(SKIP_EXISTING).value()),
        targets=reader.cascade(RELEASE_TARGETS).value(),
        sdist=reader.cascade(RELEASE_SDIST).value() is not False,
        file_size_limit=reader.cascade(FILE_SIZE_LIMIT).value(),
        check_ignore=reader.cascade(CHECK_IGNORE).value(),
        require_tag=bool(reader.cascade(REQUIRE_TAG).value()),
        tag_format=reader.cascade(TAGS).value(),
        branches=reader.cascade(BRANCHES).value(),
        never_from_pull_request=reader.cascade(NEVER_FROM_PULL_REQUEST).value() is not False,
        before_publish=reader.cascade(BEFORE_PUBLISH).value(),
        after_publish=reader.cascade(AFTER_PUBLISH).value(),
        attestations=reader.cascade(ATTESTATIONS).value(),
    )
