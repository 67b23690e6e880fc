"""Format a plan as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from cibw.errors import assert_never
from cibw.model.identifiers import BuildIdentifier, NotBuilt
from cibw.model.machines import ContainerSpec, CreateOptions, EmulationToolchain, HostSpec, MachineSpec
from cibw.model.plan import Action, Expectation, Fetch, Job, Plan, PutFiles, PutText, Run, Step, WheelBuild, When
from cibw.model.templates import Command, EnvExpr, Shell, Template
from cibw.reporting.terminal import TerminalStyle, count, dimmed


def plan_text(plan: Plan, style: TerminalStyle) -> str:
    """A plan as text: jobs, machines, builds, steps, commands, and builds that are skipped; ends with a newline."""
    wheels = count(len(plan.identifiers), "build")
    lines = [style.bold(f"{count(len(plan.jobs), 'job')}, {wheels}")]
    lines += [line for note in plan.notes for line in dimmed(note, style)]
    lines += [f"  {line}" for line in _by_target(plan.identifiers, style)]
    for job in plan.jobs:
        lines += ["", *_job(job, style)]
    if plan.not_built:
        lines += ["", *_not_built(plan.not_built, style)]
    return "\n".join(lines) + "\n"


def _by_target(identifiers: Iterable[BuildIdentifier], style: TerminalStyle) -> list[str]:
    interpreters: dict[str, list[str]] = {}
    for identifier in identifiers:
        interpreters.setdefault(str(identifier.target), []).append(str(identifier.interpreter))
    targets: dict[str, list[str]] = {}
    for target, names in interpreters.items():
        targets.setdefault(" ".join(names), []).append(target)
    lines: list[str] = []
    for pythons, same in targets.items():
        text = f"{pythons} on {' '.join(same)}"
        lines += textwrap.wrap(text, max(40, style.width - 4), subsequent_indent="  ", break_on_hyphens=False)
    return lines


def _job(job: Job, style: TerminalStyle) -> list[str]:
    lines = [
        f"{style.bold(job.name)} {style.dim(style.symbol('·', '-'))} {count(len(job.builds), 'build')}",
        _fact("machine", _machine(job.machine), style),
        *_machine_facts(job.machine, style),
        *_environment("environment", job.environment, style),
        *_passed(job.environment_pass, style),
    ]
    if job.before_all is not None:
        lines += _step(job.before_all, style)
    if job.before_all_inputs:
        lines.append(f"    {style.dim('depends on:')} {' '.join(job.before_all_inputs)}")
    for build in job.builds:
        lines += ["", *(f"  {line}".rstrip() for line in _build(build, style))]
    return lines


def _build(build: WheelBuild, style: TerminalStyle) -> list[str]:
    tag = f" {style.dim(style.symbol('→', '->'))} {build.platform_tag}" if build.platform_tag else ""
    lines = [
        f"{style.bold(str(build.identifier))}{tag}",
        *_expectation(build.expects, style),
        *_environment("environment", build.environment, style),
        *_passed(build.environment_pass, style),
        *_environment("in tests", build.test_environment, style),
    ]
    for step in (build.prepare, *build.make, *build.test):
        lines += _step(step, style)
    if build.untested:
        lines.append(_fact("not tested", build.untested, style))
    return lines


def _expectation(expects: Expectation | None, style: TerminalStyle) -> list[str]:
    return [_fact("expects", f"the wheel of {expects.identifier} ({expects.reason})", style)] if expects else []


def _step(step: Step, style: TerminalStyle) -> list[str]:
    lines = [f"  {style.good(step.name.value)}"]
    for action in step.actions:
        lines += [f"    {line}".rstrip() for line in _action(action, style)]
    lines += [f"    {style.dim('check:')} {check.value}" for check in step.checks]
    return lines


def _action(action: Action, style: TerminalStyle) -> list[str]:
    match action:
        case Run(command=command, when=when):
            first, *rest = _command(command).split("\n")
            return [f"{style.dim('$')} {first}{_condition(command, when, style)}", *(f"  {line}" for line in rest)]
        case PutText(path=path, text=text):
            number = count(len(text.splitlines()), "line")
            return [f"{style.dim('+')} {path} {style.dim(f'({number})')}"]
        case PutFiles(path=path, source=source):
            return [f"{style.dim('+')} {path} {style.dim(f'(copied from {source})')}"]
        case Fetch(url=url, path=path, unpack=unpack):
            how = "fetched and unpacked from" if unpack else "fetched from"
            unless = f", unless {action.unless} exists" * bool(action.unless)
            return [f"{style.dim('+')} {path} {style.dim(f'({how} {url}{unless})')}"]
        case _:
            assert_never(action)


def _condition(command: Command, when: When, style: TerminalStyle) -> str:
    conditions = [] if when is When.ALWAYS else [f"if {when.value}"]
    if command.path_entry is not None:
        conditions.append(f"with {command.path_entry} on PATH")
    return f"  {style.dim('(' + ', '.join(conditions) + ')')}" if conditions else ""


def _command(command: Command) -> str:
    return (
        str(command) if command.shell else " ".join(_argument(argument, command.dialect) for argument in command.argv)
    )


def _argument(argument: Template, dialect: Shell) -> str:
    # The braces of a placeholder need no quotes: it is replaced before the command runs.
    literal = "".join(part for part in argument.parts if isinstance(part, str))
    late_only = not literal and bool(argument)
    return str(argument) if late_only or dialect.quote(literal) == literal else dialect.quote(str(argument))


def _machine(machine: MachineSpec) -> str:
    match machine:
        case HostSpec(toolchain_tag=""):
            return "the host, with its own compilers"
        case HostSpec(toolchain_tag=tag):
            return f"the host, with zig for {tag}"
        case ContainerSpec(engine=engine, image=image, linux32=linux32):
            personality = ", linux32" if linux32 else ""
            return f"container of {image.reference} ({image.oci_platform}{personality}; engine: {engine.name.value})"
        case _:
            assert_never(machine)


def _machine_facts(machine: MachineSpec, style: TerminalStyle) -> list[str]:
    if not isinstance(machine, ContainerSpec):
        return []
    created = [f"{name}={value}" for name, value in _options(machine.engine.create)]
    mount = [] if not machine.engine.disable_host_mount else ["the host's files are not mounted"]
    is_image = machine.emulation_toolchain is EmulationToolchain.IMAGE
    compilers = [_fact("compilers", "those of the image, even if emulated", style)] if is_image else []
    facts = [_fact("created with", text, style) for text in (", ".join(created), *mount) if text]
    return facts + compilers


def _options(create: CreateOptions) -> list[tuple[str, object]]:
    unset = CreateOptions()
    values = ((name, getattr(create, name)) for name in CreateOptions.__dataclass_fields__)
    return [(name, _plain(value)) for name, value in values if value != getattr(unset, name)]


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join("=".join(item) if isinstance(item, tuple) else str(item) for item in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _environment(name: str, expressions: Sequence[EnvExpr], style: TerminalStyle) -> list[str]:
    names = [name, *([""] * len(expressions))]
    return [_fact(label, str(expression), style) for label, expression in zip(names, expressions, strict=False)]


def _passed(names: Iterable[str], style: TerminalStyle) -> list[str]:
    text = ", ".join(names)
    return [_fact("from host", text, style)] if text else []


def _fact(name: str, text: str, style: TerminalStyle) -> str:
    return f"  {style.dim(name.ljust(12))} {text}"


def _not_built(left_out: Iterable[NotBuilt], style: TerminalStyle) -> list[str]:
    by_reason: dict[str, list[BuildIdentifier]] = {}
    for item in left_out:
        by_reason.setdefault(item.reason, []).append(item.identifier)
    lines = [style.bold("Not built")]
    for reason, identifiers in by_reason.items():
        lines.append(f"  {reason} {style.dim(f'({len(identifiers)})')}")
        lines += [f"    {style.dim(line)}" for line in _by_target(identifiers, style)]
    return lines
