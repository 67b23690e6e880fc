"""Selection of the build identifiers to build, with reasons for the others."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.catalog import Catalog, CatalogEntry
from cibw.config.enable import group_of
from cibw.config.options import Options
from cibw.config.problems import did_you_mean
from cibw.errors import Mistake
from cibw.model.facts import Facts
from cibw.model.identifier import BuildIdentifier, Implementation
from cibw.model.not_built import NotBuilt
from cibw.model.target import Architecture, Platform
from cibw.planning.architectures import native_architecture, wanted_architectures
from cibw.planning.patterns import is_offered, judge_patterns
from cibw.planning.verdict import Verdict

__all__ = ["Selection", "native_architecture", "select"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The entries to build, in catalog order, and the other identifiers with reasons."""

    selected: tuple[CatalogEntry, ...]
    not_built: tuple[NotBuilt, ...]
    notes: tuple[str, ...] = ()


def select(options: Options, catalog: Catalog, facts: Facts) -> Selection:
    """Select from the identifiers of the platform.

    ConfigurationError (exit code 2) for patterns that match nothing and unknown architectures,
    UnfitArchitectureError (4) for architectures of another platform or no architecture, and
    DeprecatedError (4) for patterns of end-of-life Python versions.
    """
    verdict = judge_patterns(options, catalog)
    words = ("all",) if options.only else options.archs
    architectures = wanted_architectures(words, options.platform, facts, verdict)
    _judge_only(options, catalog, verdict)
    verdict.raise_if_bad(dict(options.places))
    selected: list[CatalogEntry] = []
    not_built: list[NotBuilt] = []
    for entry in catalog.interpreters(options.platform):
        reason = _reason_against(entry, options, architectures) or _reason_of_host(entry.identifier, facts)
        if reason:
            not_built.append(NotBuilt(identifier=entry.identifier, reason=reason))
        else:
            selected.append(entry)
    return Selection(selected=tuple(selected), not_built=tuple(not_built), notes=tuple(verdict.notes))


def _judge_only(options: Options, catalog: Catalog, verdict: Verdict) -> None:
    known = [str(entry.identifier) for entry in catalog.interpreters(options.platform)]
    only = str(options.only)
    if options.only is not None and only not in known:
        message = f"{only} is not among the identifiers of {options.platform.value}"
        verdict.mistakes.append(Mistake(place="--only", message=message, hint=did_you_mean(only, known)))


def _reason_against(entry: CatalogEntry, options: Options, architectures: frozenset[Architecture]) -> str:
    identifier = entry.identifier
    if options.only is not None:
        is_other = identifier != options.only
        return f"--only selects {options.only}" if is_other else _reason_of_version(identifier, options)
    if not options.build.matches(str(identifier)):
        return "not matched by build"
    if not is_offered(entry, options.build):
        tag = identifier.interpreter
        return f"Python {tag.version} has reached its end of life; to build it, add {tag}-* to build"
    if options.skip.matches(str(identifier)):
        return "matched by skip"
    return _reason_of_version(identifier, options) or _reason_of_group(identifier, options, architectures)


def _reason_of_version(identifier: BuildIdentifier, options: Options) -> str:
    wanted = options.requires_python
    if wanted is None or wanted.admits(identifier.interpreter):
        return ""
    return f"requires-python is {wanted}"


def _reason_of_group(identifier: BuildIdentifier, options: Options, architectures: frozenset[Architecture]) -> str:
    group = group_of(identifier)
    if group is not None and group not in options.enable:
        return f"the group {group.value} is not enabled"
    if identifier.target.architecture not in architectures:
        return f"archs ({' '.join(options.archs)}) does not include the architecture"
    return ""


def _reason_of_host(identifier: BuildIdentifier, facts: Facts) -> str:
    is_cpython = identifier.interpreter.implementation is Implementation.CPYTHON
    is_arm_mac = identifier.platform is Platform.MACOS and identifier.target.architecture is Architecture.ARM64
    if is_arm_mac and not is_cpython and facts.machine == "x86_64":
        return "PyPy and GraalPy for arm64 cannot be built on an x86_64 processor"
    return ""
