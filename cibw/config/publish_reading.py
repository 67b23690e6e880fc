"""Read the options of a release from the layers of a configuration."""

from __future__ import annotations

from cibw.config import publish_options as known
from cibw.config.publish_values import PublishOptions
from cibw.config.reader import Reader


def read_publish_options(reader: Reader) -> PublishOptions:
    """The options of a release; a switch that is `auto` has its default value."""
    return PublishOptions(
        to=reader.cascade(known.TO).value(),
        skip_existing=bool(reader.cascade(known.SKIP_EXISTING).value()),
        targets=reader.cascade(known.RELEASE_TARGETS).value(),
        sdist=reader.cascade(known.RELEASE_SDIST).value() is not False,
        file_size_limit=reader.cascade(known.FILE_SIZE_LIMIT).value(),
        check_ignore=reader.cascade(known.CHECK_IGNORE).value(),
        require_tag=bool(reader.cascade(known.REQUIRE_TAG).value()),
        tag_format=reader.cascade(known.TAGS).value(),
        branches=reader.cascade(known.BRANCHES).value(),
        never_from_pull_request=reader.cascade(known.NEVER_FROM_PULL_REQUEST).value() is not False,
        before_publish=reader.cascade(known.BEFORE_PUBLISH).value(),
        after_publish=reader.cascade(known.AFTER_PUBLISH).value(),
        attestations=reader.cascade(known.ATTESTATIONS).value(),
    )
