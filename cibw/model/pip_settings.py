"""What uv calls the settings that are often given to pip by variables, and which uv does not read."""

from __future__ import annotations

UV_NAMES = {
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX",),
    "PIP_EXTRA_INDEX_URL": ("UV_INDEX",),
    "PIP_FIND_LINKS": ("UV_FIND_LINKS",),
    "PIP_CONSTRAINT": ("UV_CONSTRAINT", "UV_BUILD_CONSTRAINT"),
}
"""Variables of pip, and those of uv that take the same value."""

OLD_NAMES = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
"""What a variable of uv was called before; uv still reads it."""
