"""Pinned facts: interpreters, images and build tool versions."""

from __future__ import annotations

from cibw.catalog.reader import (
    NODE_SYSTEMS,
    Catalog,
    CatalogEntry,
    load_catalog,
    node_archive,
    nuget_package,
)

__all__ = ["NODE_SYSTEMS", "Catalog", "CatalogEntry", "load_catalog", "node_archive", "nuget_package"]
