"""The `inherit` key and the CIBW_INHERIT variable: which options merge with lower-priority layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cibw.config.cascade import Inherit
from cibw.config.key_values import named_fields
from cibw.config.option_list import ALL_OPTIONS
from cibw.config.problems import Findings, did_you_mean
from cibw.config.toml import TomlValue, type_name
from cibw.model.target import Platform

Rules = Mapping[str, Inherit]
_RULES = {rule.value: rule for rule in Inherit}
_MERGEABLE = {option.facts.name: bool(option.form.merging) for option in ALL_OPTIONS}


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    rule: str


def parse_inherit(value: TomlValue | None, place: str, findings: Findings) -> Rules:
    """Parse rules from a table, or from a string such as `test-command: prepend; before-all`; the default is append."""
    return _rules(_entries(value, place, findings), _MERGEABLE, place, findings)


def parse_variable_inherit(text: str, findings: Findings) -> Mapping[Platform | None, Rules]:
    """Parse CIBW_INHERIT; a platform after a name (`test-command-linux`) refers to that platform's variable."""
    facts = [option.facts for option in ALL_OPTIONS]
    suffixed = {f"{fact.name}-{place.value}": (fact.name, place) for fact in facts for place in fact.places.suffixes}
    mergeable = _MERGEABLE | {full: _MERGEABLE[name] for full, (name, _) in suffixed.items()}
    place = "CIBW_INHERIT"
    result: dict[Platform | None, dict[str, Inherit]] = {}
    for full, rule in _rules(_entries(text, place, findings), mergeable, place, findings).items():
        name, platform = suffixed.get(full, (full, None))
        result.setdefault(platform, {})[name] = rule
    return result


def _entries(value: TomlValue | None, place: str, findings: Findings) -> Iterable[_Entry]:
    match value:
        case None:
            return ()
        case str():
            return _text_entries(value, place, findings)
        case Mapping():
            return tuple(_Entry(name, str(rule)) for name, rule in value.items())
        case _:
            findings.add(place, f"inherit must be a string or a table, not {type_name(value)}")
            return ()


def _text_entries(text: str, place: str, findings: Findings) -> Iterable[_Entry]:
    try:
        fields = named_fields(text)
    except ValueError as error:
        findings.add_error(place, error)
        return ()
    entries: list[_Entry] = []
    for name, words in fields:
        unsaid = [_Entry(word, Inherit.APPEND.value) for word in words]
        entries.extend([_Entry(name, " ".join(words))] if name else unsaid)
    return entries


def _rules(entries: Iterable[_Entry], mergeable: Mapping[str, bool], place: str, findings: Findings) -> Rules:
    rules: dict[str, Inherit] = {}
    for entry in entries:
        if findings.is_full:
            break
        if entry.name not in mergeable:
            hint = did_you_mean(entry.name, mergeable)
            findings.add(place, f"inherit names {entry.name!r}, which is not an option", hint)
        elif entry.rule not in _RULES:
            known = f"use one of {', '.join(_RULES)}"
            findings.add(place, f"unknown inherit rule {entry.rule!r} for {entry.name}", known)
        elif not mergeable[entry.name] and entry.rule != Inherit.NONE.value:
            findings.add(place, f"{entry.name} cannot be merged", f"remove {entry.name} from inherit")
        else:
            rules[entry.name] = _RULES[entry.rule]
    return rules
