"""The `collect` command: gathers the files of a release from CI artifacts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cibw.cli.arguments import RELEASE_DIR, CommandLine, Parser, Subcommand, add_debug_traceback
from cibw.cli.project import writing_to
from cibw.cli.session import Session
from cibw.errors import ConfigurationError, Mistake, ReleaseFaultError
from cibw.model.manifest import ARTIFACT_GLOB, Folder, stops
from cibw.release.collect import (
    broken_archives,
    collection_findings,
    copy_file,
    files_in,
    folders_below,
    is_packed,
    odd_names,
    packed_below,
    plan_collection,
)
from cibw.reporting.checks import collection_lines
from cibw.reporting.errors import fault_text, warning_lines
from cibw.reporting.files import read_manifest, write_manifest

# The command line of `cibw collect`.

_EPILOG = """\
Directories are searched recursively. Identical files are copied once. If two files have the same name and different
contents, the command fails and nothing is copied. Files in the output directory are never replaced or removed.

exit codes:
  0 the output directory has all files; 2 there is nothing to collect; 18 the files conflict.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectArguments(CommandLine):
    """The arguments of `cibw collect`."""

    paths: tuple[str, ...] = ()


def _add_arguments(parser: Parser) -> None:
    add_debug_traceback(parser)
    parser.add_argument(
        "paths",
        metavar="DIR",
        nargs="*",
        help="directory of artifacts; default: cibw-* and wheelhouse in the current directory",
    )
    parser.add_argument("--output-dir", metavar="DIR", help="directory for the collected files; default: dist")


# The `collect` command.

_WHEELS_DIR = "wheelhouse"


def run(session: Session, arguments: CollectArguments) -> int:
    """Gather the files of several directories; the exit code comes from the error."""
    here = session.working_dir
    output_dir = here / (arguments.output_dir or RELEASE_DIR)
    directories = _directories(session, arguments.paths)
    packed = _packed(session, directories, is_named=bool(arguments.paths))
    paths = [path for directory in directories for path in folders_below(directory, output_dir)]
    folders = tuple(_read(path, here) for path in dict.fromkeys(paths))
    if not any(folder.files for folder in folders):
        raise _nothing_there(packed)
    for name in packed:
        mark = session.style.warning(session.style.symbol("⚠", "!"))
        print(f"  {mark} {name} is an archive and was skipped; unpack it into a directory and collect again.")
    with writing_to(session, output_dir) as output:
        return _collect(session, folders, output)


def _collect(session: Session, folders: tuple[Folder, ...], output: Path) -> int:
    here = session.working_dir
    there = _read(output, here)
    _check_names((*folders, there))
    files = tuple(file for folder in folders for file in folder.files)
    findings = (*collection_findings(folders, there), *broken_archives(files, here))
    if stops(findings):
        raise ReleaseFaultError(f"The files conflict; none were copied.\n{fault_text(findings)}")
    collection = plan_collection(folders, there)
    for file in collection.copies:
        copy_file(file, here / file.path, output)
    if collection.manifest != there.manifest:
        write_manifest(collection.manifest, output)
    lines = [
        *warning_lines(findings, session.style),
        *collection_lines(collection, _shown(output, here), session.style),
    ]
    print("\n".join(lines))
    return 0


def _nothing_there(packed: list[str]) -> ConfigurationError:
    if packed:
        return ConfigurationError(
            f"Nothing to collect: {', '.join(packed)} {'are archives' if len(packed) > 1 else 'is an archive'}.",
            hint="Unpack each into its own directory, for example with `unzip -d NAME NAME.zip`.",
        )
    return ConfigurationError(
        "Nothing to collect: no wheel or sdist found.",
        hint="`cibw build` and `cibw sdist` build them; a CI must pass them on as artifacts.",
    )


def _packed(session: Session, directories: list[Path], *, is_named: bool) -> list[str]:
    here = session.working_dir
    found = [path for directory in directories for path in packed_below(directory)]
    if not is_named:
        found += [path for path in sorted(here.glob(f"{ARTIFACT_GLOB}.zip")) if is_packed(path)]
    return [_shown(path, here) for path in dict.fromkeys(found)]


def _directories(session: Session, named: tuple[str, ...]) -> list[Path]:
    here = session.working_dir
    if not named:
        found = [path for path in sorted(here.glob(ARTIFACT_GLOB)) if path.is_dir()]
        return [*found, *(path for path in (here / _WHEELS_DIR,) if path.is_dir())]
    missing = [name for name in named if not (here / name).is_dir()]
    if missing:
        packed = any(name.endswith(".zip") for name in missing)
        hint = (
            "Unpack the artifacts into separate directories, and pass these directories."
            if packed
            else "Pass the directories of the artifacts."
        )
        raise ConfigurationError(f"Directory not found: {', '.join(missing)}.", hint=hint)
    return [here / name for name in named]


def _read(path: Path, here: Path) -> Folder:
    name = _shown(path, here)
    return Folder(name=name, files=files_in(path, name), manifest=read_manifest(path))


def _check_names(folders: tuple[Folder, ...]) -> None:
    mistakes: tuple[Mistake, ...] = tuple(one for folder in folders for one in odd_names(folder.files))
    if mistakes:
        listed = "\n".join(f"{one.place}: {one.message}" for one in mistakes)
        raise ReleaseFaultError(
            f"Some files do not have the name of a distribution; none were copied.\n{listed}",
            hint="Remove or rename them.",
        )


def _shown(path: Path, here: Path) -> str:
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)


COMMAND = Subcommand(
    name="collect",
    usage="[options] [DIR...]",
    description="Gather wheels, sdists, attestations and manifests from several directories in one directory.",
    epilog=_EPILOG,
    arguments=CollectArguments,
    add_arguments=_add_arguments,
    run=run,
)
