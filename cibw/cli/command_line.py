"""A parsed command line."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class CommandName(Enum):
    """The commands; `build` is the default."""

    BUILD = "build"
    PLAN = "plan"
    CACHE = "cache"
    CONFIG = "config"
    SDIST = "sdist"
    COLLECT = "collect"
    CHECK = "check"
    PUBLISH = "publish"
    VERIFY = "verify"
    RELEASE = "release"
    INIT = "init"


class CacheAction(Enum):
    """The actions of `cibw cache`."""

    INFO = "info"
    PRUNE = "prune"
    CLEAR = "clear"


class ConfigAction(Enum):
    """The actions of `cibw config`."""

    SHOW = "show"
    SCHEMA = "schema"
    MIGRATE = "migrate"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """A parsed command line; empty strings are arguments that were not given.

    The parser sets fields by name, so an argument is declared only here and in its parser.
    """

    command: CommandName
    package: str = "."
    platform: str = ""
    archs: str = ""
    enable: tuple[str, ...] = ()
    only: str = ""
    engine: str = ""
    output_dir: str = ""
    config_file: str = ""
    allow_empty: bool = False
    keep_going: bool = False
    debug_traceback: bool = False
    print_build_identifiers: bool = False
    clean_cache: bool = False
    as_json: bool = False
    verbose: bool = False
    jobs: int = 0
    offline: bool = False
    rebuild_before_all: bool = False
    resume: bool | None = None
    explain_cache: bool = False
    action: str = CacheAction.INFO.value
    older_than: float | None = None
    images: bool = False
    identifier: str = ""
    explain: bool = False
    write: bool = False
    paths: tuple[str, ...] = ()
    tag: str = ""
    linters: bool = True
    to: str = ""
    simple_url: str = ""
    skip_existing: bool | None = None
    dry_run: bool = False
    allow_http: bool = False
    trusted_publishing: str = "auto"
    force: bool = False
    from_sdist: str | None = None
    require_tag: bool | None = None
    branches: tuple[str, ...] = ()
    never_from_pull_request: bool | None = None
    release: str = ""
    timeout: float = 900.0
    dependencies_from: str = ""
    sdist_first: bool = False
    pure: bool | None = None
    wheel: bool = False
    skip_released: bool = False
    per_identifier: bool = False
    test_index: bool = True
    output: str = ""
    collect: tuple[str, ...] = ()
    is_checked: bool = False
    no_check: bool = False
