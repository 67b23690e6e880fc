"""Pinned facts: interpreters, images and the versions of build tools."""

from __future__ import annotations

from cibw.catalog.reader import Catalog, CatalogEntry, load_catalog

__all__ = ["Catalog", "CatalogEntry", "load_catalog"]
