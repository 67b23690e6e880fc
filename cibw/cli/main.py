"""The entry point of the program: calls the command, whose file is imported only then, and reports its errors."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, TYPE_CHECKING, TextIO

from cibw.cli.arguments import Call, CommandLine, Subcommand
from cibw.cli.commands import COMMANDS, DEFAULT
from cibw.errors import CibwError, InterruptedRunError, UnexpectedError
from cibw.reporting.masking import Masker
from cibw.reporting.streams import GuardedStream, neutral, write_command

if TYPE_CHECKING:
    from cibw.cli.session import Session


def main(arguments: list[str] | None = None, work: Callable[[Session], int] | None = None) -> int:
    """Run one command and return its exit code; SystemExit for an invalid command line, --help and --version.

    `work` runs instead of the command.
    """
    mask = Masker()
    sys.stdout, sys.stderr = _ready(sys.stdout), _ready(sys.stderr)
    if arguments is None:
        sys.excepthook = partial(_show_traceback, mask)
    # All output goes through these streams.
    with redirect_stdout(GuardedStream(sys.stdout, mask)), redirect_stderr(GuardedStream(sys.stderr, mask)):
        return _run(sys.argv[1:] if arguments is None else arguments, mask, work)


def parse(arguments: list[str]) -> Call:
    """The call of a command; SystemExit 2 for invalid arguments, 0 after --help and --version."""
    is_named = bool(arguments) and arguments[0] in COMMANDS
    name, words = (arguments[0], arguments[1:]) if is_named else (DEFAULT, arguments)
    command = load_command(name)
    return command.call(command.parse(words))


def load_command(name: str) -> Subcommand[CommandLine]:
    """A command by its name in COMMANDS."""
    command: Subcommand[CommandLine] = import_module(f"cibw.cli.commands.{name}").COMMAND
    return command


def _ready(stream: TextIO | None) -> TextIO:
    """A stream that accepts any text; a null stream if the caller has closed it."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        # File names and variables may contain undecodable bytes, and the terminal may lack characters.
        stream.reconfigure(errors="backslashreplace")
    return stream


def _run(arguments: list[str], mask: Masker, work: Callable[[Session], int] | None) -> int:
    call = parse(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        # Closing the terminal interrupts the run like Ctrl-C. If `nohup` ignores the signal, keep that.
        signal.signal(signal.SIGHUP, _interrupt)
    # Imported here, because --help and --version do not need it.
    from cibw.cli.session import Session

    try:
        session = Session.start(call.line, mask)
    except OSError as error:
        print(f"cibw: cannot use the current directory or the terminal: {error}", file=sys.stderr)
        return 1
    exit_code = _end_of(session, work or call.run)
    try:
        # Flush now, because errors at the exit of Python cannot be handled.
        sys.stdout.flush()
    except OSError as error:
        _give_up(sys.stdout)
        return exit_code or _refused(error, session)
    return exit_code


def _end_of(session: Session, work: Callable[[Session], int]) -> int:
    try:
        session.check()
        return work(session)
    except CibwError as error:
        return _fail(error, session)
    except KeyboardInterrupt:
        return _fail(InterruptedRunError("The run was interrupted."), session)
    except OSError as error:
        return _refused(error, session)
    except Exception as error:  # noqa: BLE001 - users must never see a bare traceback
        return _fail(_fault_of_ours(error, session.mask), session)


def _refused(error: OSError, session: Session) -> int:
    if isinstance(error, BrokenPipeError):
        # The reader of standard output has exited; Python would report it again when it flushes at exit.
        _give_up(sys.stdout)
        return 1
    if _is_of_closed_terminal(error):
        # Python would report it again when it flushes at exit, and change the exit code.
        _give_up(sys.stdout)
        _give_up(sys.stderr)
        return InterruptedRunError.exit_code
    return _fail(_refusal(error, session), session)


def _give_up(stream: IO[str]) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _fault_of_ours(error: Exception, mask: Masker) -> CibwError:
    """The error to show for an unexpected exception; its masked traceback is saved to a file."""
    from traceback import format_exception

    what = "cibw ran out of memory" if isinstance(error, MemoryError) else f"Internal error: {type(error).__name__}"
    saved = _saved(mask("".join(format_exception(error))))
    place = f" and attach {saved}, which has the traceback" if saved else "; --debug-traceback shows the traceback"
    fault = UnexpectedError(f"{what}.", hint=f"Please report it{place}.")
    fault.__cause__ = error
    return fault


def _saved(text: str) -> str:
    """Save a text to a new file and return its path, or an empty string if that fails."""
    from tempfile import NamedTemporaryFile

    try:
        with NamedTemporaryFile("wb", prefix="cibw-fault-", suffix=".txt", delete=False) as file:
            file.write(text.encode("utf-8", "backslashreplace"))
            return file.name
    except OSError:
        return ""


def _fail(error: CibwError, session: Session) -> int:
    from cibw.reporting.errors import error_annotation, error_text

    text = error_text(error, session.style)
    told = error_annotation(error, session.style.group_style, session.mask)
    # The terminal itself may be closed.
    with suppress(OSError):
        print(text, file=sys.stderr)
        if told:
            write_command(session.stream_for_people, f"{told}\n")
    if session.shows_traceback:
        raise error
    return error.exit_code


def _is_of_closed_terminal(error: OSError) -> bool:
    """Whether a write failed because the terminal was closed; errors of files have a file name."""
    return error.errno == errno.EIO and error.filename is None and not sys.stdout.isatty()


def _refusal(error: OSError, session: Session) -> CibwError:
    hint = "Check the disk and the permissions. --debug-traceback shows the traceback."
    if str(error.filename or "").startswith(f"{session.cache_dir}{os.sep}"):
        hint = f"Remove {error.filename}, or the whole cache by `cibw --clean-cache`, and check the disk."
    refusal = CibwError(f"The operating system reported an error: {error}", hint=hint)
    refusal.__cause__ = error
    return refusal


def _show_traceback(mask: Masker, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    from traceback import format_exception

    text = "".join(format_exception(kind, error, trace))
    sys.stderr.write(neutral(mask(text), colour=False))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
