"""The program: arguments in, exit code out."""

from __future__ import annotations

import errno
import os
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import partial
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from cibw.cli.arguments import parse
from cibw.cli.commands import carry_out
from cibw.errors import CibwError, InterruptedRunError
from cibw.reporting.guard import GuardedStream, write_command
from cibw.reporting.masking import Masker
from cibw.reporting.neutral import neutral

if TYPE_CHECKING:
    from cibw.cli.sessions import Session


def main(arguments: list[str] | None = None) -> int:
    """Run one command and give its exit code; SystemExit for a wrong command line, --help and --version."""
    mask = Masker()
    if arguments is None:
        sys.excepthook = partial(_show_traceback, mask)
    # Everything that is printed goes through these, whoever prints it.
    with redirect_stdout(GuardedStream(sys.stdout, mask)), redirect_stderr(GuardedStream(sys.stderr, mask)):
        return _run(sys.argv[1:] if arguments is None else arguments, mask)


def _run(arguments: list[str], mask: Masker) -> int:
    line = parse(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        # A terminal that is closed ends the run as Ctrl-C does; `nohup` ignores the signal, and so it stays.
        signal.signal(signal.SIGHUP, _interrupt)
    # Imported here, as --help and --version end before it is needed.
    from cibw.cli.sessions import Session

    session = Session.start(line, mask)
    try:
        session.check()
        return carry_out(session)
    except CibwError as error:
        return _fail(error, session)
    except KeyboardInterrupt:
        return _fail(InterruptedRunError("The run was interrupted."), session)
    except BrokenPipeError:
        # The reader of standard output has gone; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        if _is_of_closed_terminal(error):
            # Python would complain once more, and change the exit code, when it flushes at exit.
            for stream in (sys.stdout, sys.stderr):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            return InterruptedRunError.exit_code
        return _fail(_refusal(error, session), session)


def _fail(error: CibwError, session: Session) -> int:
    from cibw.reporting.annotations import error_annotation
    from cibw.reporting.errors_text import error_text

    text = error_text(error, session.look)
    told = error_annotation(error, session.look.fold, session.mask)
    # The terminal may be the very thing that has gone.
    with suppress(OSError):
        print(text, file=sys.stderr)
        if told:
            write_command(session.stream_for_people, f"{told}\n")
    if session.shows_traceback:
        raise error
    return error.exit_code


def _is_of_closed_terminal(error: OSError) -> bool:
    """Whether a write failed because the terminal has gone; errors of files name them."""
    return error.errno == errno.EIO and error.filename is None and not sys.stdout.isatty()


def _refusal(error: OSError, session: Session) -> CibwError:
    hint = "Check the disk and the permissions; --debug-traceback shows where it happened."
    if str(error.filename or "").startswith(f"{session.cache_dir}{os.sep}"):
        hint = f"Remove {error.filename}, or the whole cache with `cibw --clean-cache`, and check the disk."
    refusal = CibwError(f"The system refused what cibw needs: {error}", hint=hint)
    refusal.__cause__ = error
    return refusal


def _show_traceback(mask: Masker, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from traceback import format_exception

    text = "".join(format_exception(kind, error, trace))
    sys.stderr.write(neutral(mask(text), colour=False))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
