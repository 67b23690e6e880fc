"""Any configuration gives a plan or a helpful error.

`FUZZ_EXAMPLES=5000 pytest unit_test/planning/test_any_configuration.py` tries more than the usual examples.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cibw.config.cascade import Arguments, Sources
from cibw.config.load import load_options
from cibw.errors import CibwError
from cibw.model.identifiers import Platform
from cibw.model.machines import HostFacts
from cibw.model.plan import Plan
from cibw.reporting.codecs import plan_from_json, plan_to_json
from cibw.reporting.errors import error_annotation, error_text
from cibw.reporting.plan import plan_text
from cibw.reporting.streams import LogGroupStyle
from cibw.reporting.terminal import TerminalStyle
from unit_test.config.documents import Json, document_text, documents, environments, texts
from unit_test.planning.planned import DOCKER, HOST, MAC, WINDOWS, plan_with

MANY = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "15")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
PLATFORMS = {
    Platform.LINUX: (DOCKER, HOST),
    Platform.MACOS: (MAC,),
    Platform.WINDOWS: (WINDOWS,),
    Platform.PYODIDE: (DOCKER,),
    Platform.ANDROID: (DOCKER,),
    Platform.IOS: (MAC,),
}
machines = st.sampled_from([(platform, facts) for platform, some in PLATFORMS.items() for facts in some])
arguments = st.builds(
    lambda one: replace(Arguments(), **one),
    st.fixed_dictionaries({}, optional={"only": texts, "archs": texts, "engine": texts}),
)
NOTHING = Arguments()


def judge(
    text: str,
    environ: Mapping[str, str],
    machine: tuple[Platform, HostFacts],
    files: Mapping[str, str] | None = None,
    given_arguments: Arguments = NOTHING,
) -> None:
    """Make a plan and print it in every format; only a CibwError is allowed."""
    platform, facts = machine
    known = {"pyproject.toml": text, **(files or {})}
    sources = Sources(config_text=text, environ=environ, arguments=given_arguments, read_text=known.get)
    plan = planned(sources, platform, facts)
    if isinstance(plan, CibwError):
        assert error_text(plan, TerminalStyle(unicode=False)).encode()
        error_annotation(plan, LogGroupStyle.GITHUB, str).encode()
        return
    written = plan_to_json(plan)
    assert plan_from_json(written) == plan
    assert written.encode()
    assert plan_text(plan, TerminalStyle()).encode()


def planned(sources: Sources, platform: Platform, facts: HostFacts) -> Plan | CibwError:
    try:
        return plan_with(load_options(sources, platform), facts)
    except CibwError as error:
        return error


@MANY
@given(documents, machines)
def test_any_file(document: Json, machine: tuple[Platform, HostFacts]) -> None:
    judge(document_text(document), {}, machine)


@MANY
@given(environments, machines, arguments)
def test_any_variables(environ: Mapping[str, str], machine: tuple[Platform, HostFacts], one: Arguments) -> None:
    judge("", {name: value.replace("\0", "") for name, value in environ.items()}, machine, given_arguments=one)


@MANY
@given(st.text() | texts, machines)
def test_any_text(text: str, machine: tuple[Platform, HostFacts]) -> None:
    judge(f"[tool.cibw]\n{text}", {}, machine)


@MANY
@given(st.dictionaries(st.sampled_from(["setup.py", "setup.cfg", "meson.build", "Cargo.toml"]), texts), machines)
def test_any_other_files(files: Mapping[str, str], machine: tuple[Platform, HostFacts]) -> None:
    judge("", {}, machine, files)
