"""Where values differ, and which of it docs/differences.md names."""

from __future__ import annotations

import re
import shlex

from cibw.config.values.containers import parse_create_args
from cibw.config.values.types import forget
from tests.peer.options.calls import Answer, Call, Value
from tests.peer.verdict import Verdict

EQUAL = "values are equal"


def judge(call: Call, cibuildwheel: Answer, cibw: Answer) -> Verdict:
    """Compare what both said of one configuration on one platform."""
    verdict = Verdict()
    if "error" in cibuildwheel or "error" in cibw:
        _judge_errors(call, cibuildwheel, cibw, verdict)
        return verdict
    seen: set[str] = set()
    for identifier, values in cibw["options"].items():
        for name, value in values.items():
            theirs = _normal(name, cibuildwheel["options"][identifier][name])
            kind = EQUAL if theirs == value else _wanted(identifier, name, theirs, value) or "DIFFERENT"
            verdict.kinds[kind] += 1
            if kind == "DIFFERENT" and name not in seen:
                seen.add(name)
                verdict.unexplained.append(f"{identifier} {name}:\n  peer {theirs!r}\n  cibw {value!r}")
    return verdict


def _judge_errors(call: Call, cibuildwheel: Answer, cibw: Answer, verdict: Verdict) -> None:
    if "error" in cibuildwheel and "error" in cibw:
        verdict.kinds["both refuse the configuration"] += 1
        return
    # Without a build the peer judges no value.
    if "error" in cibw and (call["is_odd"] or not cibuildwheel["options"]):
        verdict.kinds["Invalid values are refused"] += 1
        return
    verdict.kinds["DIFFERENT"] += 1
    verdict.unexplained.append(
        f"peer {cibuildwheel.get('error', 'accepts it')}\ncibw {cibw.get('error', 'accepts it')}"
    )


def _normal(name: str, value: Value) -> Value:
    """A value of the peer in our form."""
    match name, value:
        case "container-engine", [str(engine), list(args), bool(alone)]:
            return [engine, parse_create_args([str(arg) for arg in args], forget), alone]
        case (("before-all" | "before-build" | "before-test" | "repair-wheel-command" | "test-command"), str(text)):
            return re.sub(r"\s+&& ", " && ", text.strip())
        case "test-requires", list(texts):
            return [str(text).replace('"', "'") for text in texts]
        case _:
            return value


def _wanted(identifier: str, name: str, theirs: Value, cibw: Value) -> str:
    """The heading in docs/differences.md that explains a difference; empty where none does."""
    heading = ""
    match name, theirs, cibw:
        case "build-frontend", ["build", args], ["default", own_args] if args == own_args:
            heading = "The default build frontend"
        case "container-engine", ["docker", *rest], ["auto", *own_rest] if rest == own_rest:
            heading = "The default container engine"
        case "image", _, _ if identifier.startswith("pp"):
            heading = "PyPy has its own images"
        case "xbuild-tools", None, []:
            heading = "An empty xbuild-tools list stays empty"
        case "config-settings", dict(), dict() if _has_table(theirs) and any("." in key for key in cibw):
            heading = "Tables in config-settings are dotted names"
        case (("environment" | "test-environment"), dict(), dict()) if theirs == _without_backslashes(cibw):
            heading = "The environment options"
        case (("test-runtime" | "xbuild-files"), _, _) if _split(theirs) == cibw:
            heading = "Strings in tables are split"
        case _:
            pass
    return heading


def _has_table(settings: dict[str, list[str]]) -> bool:
    return any(text.startswith("{") for texts in settings.values() for text in texts)


def _without_backslashes(variables: dict[str, str]) -> dict[str, str]:
    return {name: text.replace("\\", "") for name, text in variables.items()}


def _split(value: Value) -> Value:
    if isinstance(value, dict):
        return {key: _split(item) for key, item in value.items()}
    return shlex.split(" ".join(map(str, value))) if isinstance(value, list) else value
