"""Errors in published releases that are right, and why."""

from __future__ import annotations

from published_releases.results import Reason

REASONS = (
    Reason(
        rule="file-name",
        words="name of the sdist must be",
        why="the index takes sdists only under the normalised name (PEP 625)",
    ),
    Reason(
        rule="file-name",
        words="name of the wheel must begin with",
        why="the index takes wheels only under the normalised name (binary distribution format)",
    ),
    Reason(
        rule="invalid-metadata",
        words="'2.0' is not a valid metadata version",
        why="version 2.0 was a draft, and neither the index nor twine takes it",
    ),
    Reason(
        rule="invalid-metadata",
        words="introduced in metadata version",
        why="the field does not exist in the version of the metadata; twine refuses it",
    ),
    Reason(
        rule="invalid-metadata",
        words="'UNKNOWN' is not a valid content type",
        why="`Description-Content-Type: UNKNOWN` of old releases of setuptools; twine refuses it",
    ),
    Reason(
        rule="invalid-metadata",
        words="is invalid for 'requires-python'",
        why="`!=3.0*` is not a version specifier; the index refuses it",
    ),
    Reason(
        rule="readme",
        words="is indented in the metadata",
        why="old releases of setuptools indented the README in a header, and the index can't render that",
    ),
    Reason(
        rule="readme",
        words="can't be rendered as reStructuredText",
        why="the index refuses a README that it can't render",
    ),
    Reason(
        rule="archive-form",
        words="in the zip file more than once",
        why="the index refuses archives that have a member twice",
    ),
    Reason(
        rule="archive-form",
        words="an sdist has one directory at its top",
        why="the files of the sdist are in no directory (source distribution format)",
    ),
    Reason(
        rule="missing-metadata",
        words="There is no orjson-.*/PKG-INFO",
        why="the index refuses an sdist without PKG-INFO",
    ),
    Reason(rule="record", words="There is no .*/RECORD", why="the index refuses a wheel without RECORD"),
    Reason(
        rule="record",
        words="RECORD has another hash of",
        why="installers may refuse a wheel whose files are not those of RECORD (binary distribution format)",
    ),
    Reason(
        rule="unequal-dependencies",
        words="Requires-Dist differs between the files: nothing in most, 'cffi', 'py' here",
        why="wheels for PyPy require other projects without a marker, and installers take the metadata of one file for "
        "that of all",
    ),
)
