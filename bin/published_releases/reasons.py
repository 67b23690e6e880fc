"""Errors in published releases that are right, and why."""

from __future__ import annotations

from published_releases.results import Reason

REASONS = (
    Reason(
        rule="file-name",
        words="sdist's file name must be",
        why="the index only accepts sdists with normalised names (PEP 625)",
    ),
    Reason(
        rule="file-name",
        words="wheel's file name must begin with",
        why="the index only accepts wheels with normalised names (binary distribution format)",
    ),
    Reason(
        rule="invalid-metadata",
        words="'2.0' is not a valid metadata version",
        why="version 2.0 was a draft; the index and twine reject it",
    ),
    Reason(
        rule="invalid-metadata",
        words="introduced in metadata version",
        why="the field does not exist in this metadata version; twine rejects it",
    ),
    Reason(
        rule="invalid-metadata",
        words="'UNKNOWN' is not a valid content type",
        why="`Description-Content-Type: UNKNOWN` from old releases of setuptools; twine rejects it",
    ),
    Reason(
        rule="invalid-metadata",
        words="is invalid for 'requires-python'",
        why="`!=3.0*` is not a version specifier; the index rejects it",
    ),
    Reason(
        rule="readme",
        words="is indented in the metadata",
        why="old releases of setuptools indented the README in a header, which the index cannot render",
    ),
    Reason(
        rule="readme",
        words="cannot be rendered as reStructuredText",
        why="the index rejects a README that it cannot render",
    ),
    Reason(
        rule="archive-form",
        words="in the zip file more than once",
        why="the index rejects archives with duplicate members",
    ),
    Reason(
        rule="archive-form",
        words="an sdist must have one top-level directory",
        why="the sdist has no top-level directory (source distribution format)",
    ),
    Reason(
        rule="missing-metadata",
        words="orjson-.*/PKG-INFO is missing",
        why="the index rejects sdists without PKG-INFO",
    ),
    Reason(rule="record", words=".*/RECORD is missing", why="the index rejects wheels without RECORD"),
    Reason(
        rule="record",
        words="RECORD has the wrong hash of",
        why="installers may reject wheels that do not match their RECORD (binary distribution format)",
    ),
    Reason(
        rule="unequal-dependencies",
        words="Requires-Dist differs between the files: nothing in most, 'cffi', 'py' here",
        why="wheels for PyPy have other requirements without a marker, and installers use the metadata of one file for "
        "all",
    ),
)
