"""Entry point that provides the schema of [tool.cibw] to validate-pyproject."""

from __future__ import annotations

import json

from cibw.config.schema import schema_text


def get_schema(tool_name: str) -> dict[str, object]:
    """Check the options of cibw in the table `tool.$tool`."""
    if tool_name != "cibw":
        raise ValueError(f"there is no schema for [tool.{tool_name}], only for [tool.cibw]")
    schema: dict[str, object] = json.loads(schema_text())
    return schema
