"""Option values of a release."""

from __future__ import annotations

from dataclasses import dataclass

from cibw.model.attestations import AttestationPolicy
from cibw.model.target import Platform
from cibw.model.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTarget:
    """A platform that a release must have wheels for, and its architectures as in the option `archs`."""

    platform: Platform
    archs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """The options of a release.

    `to` is `pypi`, `testpypi`, a URL or a name in .pypirc. `file_size_limit` is in bytes. `tag_format` contains
    `{version}`. The hooks are commands that run one after another.
    """

    to: str = "pypi"
    skip_existing: bool = False
    targets: tuple[ReleaseTarget, ...] = ()
    sdist: bool = True
    file_size_limit: int = 100 * 1024 * 1024
    check_ignore: tuple[str, ...] = ()
    require_tag: bool = False
    tag_format: str = "v{version}"
    branches: tuple[str, ...] = ()
    never_from_pull_request: bool = True
    before_publish: tuple[Template, ...] = ()
    after_publish: tuple[Template, ...] = ()
    attestations: AttestationPolicy = AttestationPolicy.AUTO
