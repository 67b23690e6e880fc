"""The errors of cibw.

CibwError                       1  anything that stops a run
|-- CommandFailedError          1  a command of a step failed
|   `-- OutOfMemoryError        1  a command of a step failed because memory ran out
|-- UnexpectedError             1  a bug in cibw, or too little memory
|-- ConfigurationError          2  one or more errors in the configuration
|   `-- UnfitArchitectureError  4  archs selects none, or one of another platform
|-- NothingSelectedError        3  no build identifier is selected
|-- DeprecatedError             4  a selector or image of a past release
|-- PureWheelError              5  a wheel without a platform tag
|-- DuplicateWheelError         6  the same wheel name twice in one run
|-- EngineTooOldError           7  the container engine is too old
|-- RepairedWheelError          8  the repair produced no wheel, or several
|-- AuditFailedError            9  the audit command failed
|-- NoWheelError               10  the build produced no wheel
|-- EngineUnavailableError     11  the engine is missing or not running
|-- ImageUnavailableError      12  an image is missing and cannot be pulled
|-- InterpreterMissingError    13  an interpreter is missing on the host or in an image
|-- EmulationMissingError      14  the kernel cannot run the architecture
|-- PlatformTagError           15  the wheel needs newer libraries than its platform tag allows
|-- MissingToolError           16  a program that a step needs is missing
|-- DownloadError              17  a download failed, or its content is not as expected
|-- ReleaseFaultError          18  the files of a release failed the checks
|-- UploadError                19  the index accepted no files
|-- PartialReleaseError        20  the index accepted only some files of a release
|-- CredentialsError           21  authentication failed, or there are no credentials
|-- AttestationError           22  a distribution cannot be attested, or an attestation is invalid
|-- VerificationError          23  the files on an index differ from those that were uploaded
|-- GateError                  24  a release is not allowed here
|-- NothingToPublishError      25  all files of a release are already on the index
|-- MixedRuntimesError         26  objects of a wheel use incompatible C++ libraries
`-- InterruptedRunError       130  Ctrl-C or SIGTERM
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NoReturn


def assert_never(value: NoReturn, /) -> NoReturn:
    """Raise AssertionError for a value without a branch; mypy reports such values statically.

    This is `typing.assert_never`, which Python 3.10 does not have, without the import time of `typing_extensions`.
    """
    raise AssertionError(f"{value!r} has no branch")


# The words for true and false in variables, options and arguments.

_TRUE = ("y", "yes", "t", "true", "on", "1")
_FALSE = ("n", "no", "f", "false", "off", "0")
_TRUTH = {word: word in _TRUE for word in (*_TRUE, *_FALSE)}


def truth(text: str) -> bool | None:
    """Return whether a word means true or false, in any case and between blanks; None if it means neither."""
    return _TRUTH.get(text.strip().lower())


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorContext:
    """The context of an error: the build, step and command, and the log file."""

    identifier: str = ""
    step: str = ""
    command: str = ""
    exit_code: int | None = None
    last_lines: tuple[str, ...] = ()
    log_file: str = ""


class CibwError(Exception):
    """An error that stops the run; `message` says what happened and `hint` what to do."""

    exit_code = 1
    reference = "failed"

    def __init__(self, message: str, *, hint: str = "", context: ErrorContext | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context = context or ErrorContext()

    def locate(self, *, identifier: str = "", step: str = "", log_file: str = "") -> None:
        """Add missing context; existing context is kept."""
        context = self.context
        self.context = replace(
            context,
            identifier=context.identifier or identifier,
            step=context.step or step,
            log_file=context.log_file or log_file,
        )


class CommandFailedError(CibwError):
    """A command of a step failed."""

    reference = "command-failed"


class OutOfMemoryError(CommandFailedError):
    """A command of a step failed because memory ran out."""

    reference = "out-of-memory"


class UnexpectedError(CibwError):
    """A bug in cibw, or too little memory to run it."""

    reference = "unexpected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One error in the configuration: its place, what is wrong, and what to do."""

    place: str
    message: str
    hint: str = ""


class ConfigurationError(CibwError):
    """One or more errors in the configuration, reported together."""

    exit_code = 2
    reference = "configuration"

    def __init__(self, message: str, *, mistakes: tuple[Mistake, ...] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.mistakes = mistakes


class UnfitArchitectureError(ConfigurationError):
    """The architectures do not match the platform, or there are none."""

    exit_code = 4
    reference = "unfit-architecture"


class NothingSelectedError(CibwError):
    """No build identifier is selected."""

    exit_code = 3
    reference = "nothing-selected"


class DeprecatedError(CibwError):
    """A selector or an image belongs to a past release."""

    exit_code = 4
    reference = "deprecated"


class PureWheelError(CibwError):
    """The build produced a wheel without a platform tag."""

    exit_code = 5
    reference = "pure-wheel"


class DuplicateWheelError(CibwError):
    """Two builds of one run produced wheels with the same name."""

    exit_code = 6
    reference = "duplicate-wheel"


class EngineTooOldError(CibwError):
    """The container engine is too old."""

    exit_code = 7
    reference = "engine-too-old"


class RepairedWheelError(CibwError):
    """The repair produced no wheel, or several."""

    exit_code = 8
    reference = "repaired-wheel"


class AuditFailedError(CibwError):
    """An audit command failed for a wheel."""

    exit_code = 9
    reference = "audit-failed"


class NoWheelError(CibwError):
    """The build frontend produced no wheel."""

    exit_code = 10
    reference = "no-wheel"


class EngineUnavailableError(CibwError):
    """The container engine is missing or does not respond."""

    exit_code = 11
    reference = "engine-unavailable"


class ImageUnavailableError(CibwError):
    """An image is missing and could not be pulled."""

    exit_code = 12
    reference = "image-unavailable"


class InterpreterMissingError(CibwError):
    """The interpreter that a build needs is missing on the machine."""

    exit_code = 13
    reference = "interpreter-missing"


class EmulationMissingError(CibwError):
    """The host's kernel cannot run programs of the selected architecture."""

    exit_code = 14
    reference = "emulation-missing"


class PlatformTagError(CibwError):
    """A wheel needs newer libraries than its platform tag allows."""

    exit_code = 15
    reference = "platform-tag"


class MixedRuntimesError(CibwError):
    """Objects of a wheel that are linked with each other use incompatible C++ libraries."""

    exit_code = 26
    reference = "mixed-cpp-libraries"


class MissingToolError(CibwError):
    """A program that a step needs is missing."""

    exit_code = 16
    reference = "missing-tool"


class DownloadError(CibwError):
    """A file cannot be downloaded or unpacked, or its content is not as expected."""

    exit_code = 17
    reference = "download"


class ReleaseFaultError(CibwError):
    """The files of a release failed the checks; nothing was uploaded."""

    exit_code = 18
    reference = "release-fault"


class UploadError(CibwError):
    """The index accepted none of the files."""

    exit_code = 19
    reference = "upload"


class PartialReleaseError(CibwError):
    """The index accepted only some files; running the same command again uploads the rest."""

    exit_code = 20
    reference = "partial-release"


class CredentialsError(CibwError):
    """Authentication with an index failed, or there are no credentials for it."""

    exit_code = 21
    reference = "credentials"


class AttestationError(CibwError):
    """A distribution cannot be attested, or an attestation is invalid."""

    exit_code = 22
    reference = "attestation"


class VerificationError(CibwError):
    """Files on an index are missing, differ from the uploaded ones, or do not work."""

    exit_code = 23
    reference = "verification"


class GateError(CibwError):
    """The configuration does not allow a release from this tag, branch or kind of run."""

    exit_code = 24
    reference = "gate"


class NothingToPublishError(CibwError):
    """Every file of a release is already on the index."""

    exit_code = 25
    reference = "nothing-to-publish"


class InterruptedRunError(CibwError):
    """The user or the system interrupted the run."""

    exit_code = 130
    reference = "interrupted"
