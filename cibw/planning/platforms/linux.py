"""Linux: containers with manylinux and musllinux images, or the host with the zig toolchain."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cibw.catalog import Catalog, CatalogEntry
from cibw.config.options import BuildOptions, Options
from cibw.errors import ConfigurationError, DeprecatedError
from cibw.model.identifiers import Architecture, BuildIdentifier, Family, NotBuilt, Platform, Target
from cibw.model.machines import ContainerSpec, EngineName, HostFacts, HostInterpreter, HostSpec, Image, Mirrors
from cibw.model.plan import Action
from cibw.model.templates import BUILD_ENVIRONMENT, CERTIFICATES, MUSL_PYTHON, Placeholder, Template
from cibw.planning.actions import (
    BuildInputs,
    MissingPython,
    PlatformSetup,
    assign,
    program,
    resource,
    seeded_environment,
    shell,
    unless_set,
    virtual_environment,
)
from cibw.planning.environment import constraints, frontend_tools, seed, uses_uv
from cibw.planning.interpreters import pip_needs_certificates
from cibw.planning.select import native_architecture

_OCI_PLATFORMS = {
    Architecture.X86_64: "linux/amd64",
    Architecture.I686: "linux/386",
    Architecture.AARCH64: "linux/arm64",
    Architecture.PPC64LE: "linux/ppc64le",
    Architecture.S390X: "linux/s390x",
    Architecture.ARMV7L: "linux/arm/v7",
    Architecture.RISCV64: "linux/riscv64",
}
_32_BIT = (Architecture.I686, Architecture.ARMV7L)
_ENDED_IMAGES = ("manylinux1", "manylinux2010", "manylinux_2_24", "musllinux_1_1")
_ALIAS = re.compile(r"(?:many|musl)linux[0-9_]*")
_PLAIN_REPAIR = re.compile("auditwheel [^&|;<>`$\\n]*")
_BIN = Template.of(BUILD_ENVIRONMENT, "/bin")
_POLICY = re.compile(r"manylinux_[0-9]+_[0-9]+")
DEFAULT_POLICY = "manylinux2014"


def platform_setup(inputs: BuildInputs) -> PlatformSetup | MissingPython | NotBuilt:
    """A build in a container, or on the host if the engine is `host`."""
    resolved, identifier, facts = inputs.resolved, inputs.identifier, inputs.facts
    if resolved.container_engine.name is not EngineName.HOST:
        return container_setup(inputs)
    if identifier.target.architecture is not native_architecture(Platform.LINUX, facts):
        reason = f"without a container engine, this host builds only for {facts.machine}"
        return NotBuilt(identifier=identifier, reason=reason)
    found = host_interpreter(identifier, facts)
    if found is None:
        return MissingPython(identifier)
    pins = constraints(resolved, identifier, inputs.catalog)
    return host_setup(_host_build(inputs, found), resolved, pins)


def _host_build(inputs: BuildInputs, found: HostInterpreter) -> HostBuild:
    target, facts = inputs.identifier.target, inputs.facts
    is_chosen = inputs.options.origin("image", inputs.identifier) != "default"
    _refuse_former(inputs.resolved.image, target)
    tag = host_tag(target, inputs.resolved.image if is_chosen else "")
    is_image = facts.image_tag.startswith(target.family.value)
    return HostBuild(
        identifier=inputs.identifier, found=found, tag=facts.image_tag if is_image else tag, has_toolchain=is_image
    )


def container_spec(inputs: BuildInputs) -> ContainerSpec:
    """The container for an identifier; raises the errors of `image_reference`."""
    options, architecture = inputs.resolved, inputs.identifier.target.architecture
    reference = image_reference(options.image, inputs.entry, inputs.catalog)
    image = Image(
        reference=Mirrors(chosen=inputs.options.mirrors).image(reference),
        oci_platform=_OCI_PLATFORMS[architecture],
    )
    return ContainerSpec(
        engine=options.container_engine,
        image=image,
        linux32=architecture in _32_BIT,
        emulation_toolchain=options.emulation_toolchain,
    )


def require_images(options: Options, selected: Iterable[CatalogEntry], catalog: Catalog) -> None:
    """Raise the errors of `image_reference` for the images of a selection; for commands that do not plan."""
    for entry in selected:
        resolved = options.for_identifier(entry.identifier)
        if resolved.container_engine.name is EngineName.HOST:
            _refuse_former(resolved.image, entry.identifier.target)
        else:
            image_reference(resolved.image, entry, catalog)


def _refuse_former(image: str, target: Target) -> None:
    if image in _ENDED_IMAGES:
        raise DeprecatedError(
            f"{_option(target)}: the image {image} is no longer maintained",
            hint="Use manylinux2014, manylinux_2_28, manylinux_2_34 or musllinux_1_2.",
        )


def _option(target: Target) -> str:
    return f"{target.family.value}-{target.architecture.value}-image"


def image_reference(value: str, entry: CatalogEntry, catalog: Catalog) -> str:
    """The full reference of an image; ConfigurationError for an unknown name, DeprecatedError for a former one."""
    target = entry.identifier.target
    architecture = target.architecture
    _refuse_former(value, target)
    pinned = catalog.image(value, architecture, eol=entry.eol)
    if pinned is not None:
        return pinned
    if _ALIAS.fullmatch(value):
        known = ", ".join(catalog.image_aliases(architecture))
        raise ConfigurationError(
            f"{_option(target)}: there is no image {value} for {architecture.value}",
            hint=f"Known images for {architecture.value}: {known}. A full reference with a registry also works.",
        )
    return value


def container_setup(inputs: BuildInputs) -> PlatformSetup:
    """A build in a container, with the image's own Python."""
    entry = inputs.entry
    bin_dir = Template.of(f"{entry.path}/bin")
    python = Template.of(bin_dir, "/python")
    tag = entry.path.rpartition("/")[2]
    certificates = unless_set("PIP_CERT", CERTIFICATES)
    ensure = Template.of("test -x '", python, f"' || manylinux-interpreters ensure {tag}")
    return PlatformSetup(
        machine=container_spec(inputs),
        base_python=python,
        python=python,
        bin_dir=bin_dir,
        set_up=(shell(ensure, cwd=Template.of("/")),),
        environment=(
            assign("PIP_ROOT_USER_ACTION", "ignore"),
            *((certificates,) if pip_needs_certificates(inputs.identifier.interpreter) else ()),
        ),
        constraints=constraints(inputs.resolved, inputs.identifier, inputs.catalog),
    )


def host_tag(target: Target, image: str) -> str:
    """The platform tag that the host builds for, from the policy in the name of the user's image.

    Without an image, or without a policy in its name, it is manylinux2014, which means glibc 2.17 (PEP 599).
    """
    if target.family is Family.MUSLLINUX:
        return f"musllinux_1_2_{target.architecture.value}"
    policy = _POLICY.search(image)
    return f"{policy[0] if policy else DEFAULT_POLICY}_{target.architecture.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostBuild:
    """A build on the host: its Python, its platform tag, and whether the host's own compiler matches the tag."""

    identifier: BuildIdentifier
    found: HostInterpreter
    tag: str
    has_toolchain: bool = False

    @property
    def is_musl(self) -> bool:
        """Whether the wheel is for musl."""
        return self.identifier.target.family is Family.MUSLLINUX

    @property
    def fetches_musl_python(self) -> bool:
        """Whether a glibc Python builds for musl."""
        return self.is_musl and self.found.libc is not Family.MUSLLINUX


def host_interpreter(identifier: BuildIdentifier, facts: HostFacts) -> HostInterpreter | None:
    """The host's Python for an identifier, preferably with the same libc, otherwise with glibc."""
    found = [one for one in facts.interpreters if one.interpreter == identifier.interpreter]
    same_libc = [one for one in found if one.libc is identifier.target.family]
    glibc = [one for one in found if one.libc is Family.MANYLINUX]
    return next(iter(same_libc or glibc), None)


def host_setup(host: HostBuild, options: BuildOptions, pins: str) -> PlatformSetup:
    """A build on the host, in its own environment, with zig for the target's libc."""
    found = host.found
    python = Template.of(_BIN, "/python")
    base = Template.of(MUSL_PYTHON, "/bin/python") if host.fetches_musl_python else Template.of(found.path)
    # auditwheel rejects a musllinux platform on a glibc host; it detects the tag itself.
    plat = () if host.is_musl else (assign("AUDITWHEEL_PLAT", host.tag),)
    return PlatformSetup(
        machine=HostSpec(toolchain_tag="" if host.has_toolchain else host.tag),
        base_python=base,
        python=python,
        bin_dir=_BIN,
        set_up=(
            *_fetch_musl_python(found, is_needed=host.fetches_musl_python),
            virtual_environment(base, BUILD_ENVIRONMENT),
        ),
        tools=_tools(host, options, base, pins),
        before_repair=(program(python, resource("musl_needed.py"), Placeholder.BUILT_WHEEL),) if host.is_musl else (),
        environment=(assign("VIRTUAL_ENV", BUILD_ENVIRONMENT), *plat),
        keeps_environments=not host.fetches_musl_python,
        constraints=pins,
        platform_tag=host.tag,
        untested="the host has no musl Python to run the tests" if host.fetches_musl_python else "",
    )


def _tools(host: HostBuild, options: BuildOptions, base: Template, pins: str) -> tuple[Action, ...]:
    """Install pip and the build frontend; if the plan never calls pip, it is installed on first use."""
    python = Template.of(_BIN, "/python")
    frontend = frontend_tools(options, python, pins)
    if uses_uv(options.build_frontend.name) and not frontend and not _may_use_pip(options):
        pip: Action = program("sh", resource("pip_on_demand.sh"), "--into", _BIN)
    elif host.fetches_musl_python:
        pip = seed(host.identifier.interpreter, python)
    else:
        pip = seeded_environment(str(host.identifier), base, BUILD_ENVIRONMENT)
    return (pip, *frontend)


def _may_use_pip(options: BuildOptions) -> bool:
    """Whether the user's own commands run in the build environment; tests have a separate environment."""
    repair = str(options.repair_wheel_command)
    return bool(options.before_build or (repair and not _PLAIN_REPAIR.fullmatch(repair)))


def _fetch_musl_python(found: HostInterpreter, *, is_needed: bool) -> tuple[Action, ...]:
    if not is_needed:
        return ()
    return (program(found.path, resource("musl_python.py"), found.path, MUSL_PYTHON),)
