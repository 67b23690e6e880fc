"""The reporters of a run: terminal, log files, report, manifest, CI summary."""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from cibw.cli.own_files import LOGS
from cibw.cli.sessions import Session
from cibw.model.plan import Plan
from cibw.reporting.apart import Apart
from cibw.reporting.console import Console
from cibw.reporting.logfiles import LogFiles, log_path
from cibw.reporting.manifest_writer import manifest_writer
from cibw.reporting.redact import redact
from cibw.reporting.report import report_writer
from cibw.reporting.reporter import Reporter, combine
from cibw.reporting.summary import summary_writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporters:
    """All reporters combined, and the paths of the logs."""

    emit: Reporter
    log_dir: Path

    def log_file(self, scope: str) -> str:
        """The path of the log of a build or a job."""
        return str(log_path(self.log_dir, scope))


def open_reporters(session: Session, plan: Plan, output_dir: Path, *, side_by_side: bool) -> Reporters:
    """Reporters for the session's terminal and CI. Secrets of the environment and the plan are masked.

    CibwError if the output directory has an unreadable manifest.
    """
    log_dir = output_dir / LOGS
    console = Console(sys.stdout, session.look, time.time, errors=sys.stderr)
    reporters: list[Reporter] = [
        Apart(console, partial(_spool, output_dir)) if side_by_side else console,
        LogFiles(log_dir),
        report_writer(output_dir),
        manifest_writer(output_dir, plan),
    ]
    summary = session.environment.get("GITHUB_STEP_SUMMARY")
    if summary:
        reporters.append(summary_writer(Path(summary)))
    return Reporters(emit=redact(combine(*reporters), session.mask), log_dir=log_dir)


def _spool(directory: Path) -> IO[bytes]:
    return tempfile.TemporaryFile(dir=directory)
