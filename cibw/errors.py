"""The errors of cibw.

CibwError                       1  anything that stops a run
|-- CommandFailedError          1  a command of a step ended with a failure
|   `-- OutOfMemoryError        1  a command of a step failed because memory ran out
|-- UnexpectedError             1  cibw has a fault, or too little memory
|-- ConfigurationError          2  one or more mistakes in the configuration
|   `-- UnfitArchitectureError  4  archs names none, or one of another platform
|-- NothingSelectedError        3  no build identifier is selected
|-- DeprecatedError             4  a selector or image of a past release
|-- PureWheelError              5  a wheel without platform tag
|-- DuplicateWheelError         6  the same wheel name twice in one run
|-- EngineTooOldError           7  the container engine lacks what is needed
|-- RepairedWheelError          8  repair gave no wheel, or several
|-- AuditFailedError            9  the audit command failed
|-- NoWheelError               10  the build gave no wheel
|-- EngineUnavailableError     11  the engine is missing or not running
|-- ImageUnavailableError      12  an image can be neither found nor pulled
|-- InterpreterMissingError    13  the host or an image lacks a wanted interpreter
|-- EmulationMissingError      14  the kernel can't run the architecture
|-- PlatformTagError           15  the wheel needs more than its platform tag offers
|-- MissingToolError           16  a program that a step needs is not there
|-- DownloadError              17  a file can't be fetched, or is not what was expected
|-- ReleaseFaultError          18  the files of a release have faults
|-- UploadError                19  an index took nothing
|-- PartialReleaseError        20  an index took some files of a release, but not all
|-- CredentialsError           21  the index rejects the credentials, or there are none
|-- AttestationError           22  a distribution can't be attested, or an attestation is wrong
|-- VerificationError          23  what an index serves is not what was sent
|-- GateError                  24  a release must not happen here
|-- NothingToPublishError      25  all files of a release are on the index already
|-- MixedRuntimesError         26  objects of a wheel have C++ libraries that do not fit together
`-- InterruptedRunError       130  Ctrl-C or SIGTERM
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorContext:
    """Where an error happened: in which build, step and command, and where its log is."""

    identifier: str = ""
    step: str = ""
    command: str = ""
    exit_code: int | None = None
    last_lines: tuple[str, ...] = ()
    log_file: str = ""


class CibwError(Exception):
    """Something stopped the run; `message` says what and `hint` what to do about it."""

    exit_code = 1
    reference = "failed"

    def __init__(self, message: str, *, hint: str = "", context: ErrorContext | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context = context or ErrorContext()

    def locate(self, *, identifier: str = "", step: str = "", log_file: str = "") -> None:
        """Add the places that are not known yet; places that are known stay."""
        context = self.context
        self.context = replace(
            context,
            identifier=context.identifier or identifier,
            step=context.step or step,
            log_file=context.log_file or log_file,
        )


class CommandFailedError(CibwError):
    """A command of a step ended with a failure."""

    reference = "command-failed"


class OutOfMemoryError(CommandFailedError):
    """A command of a step failed because memory ran out."""

    reference = "out-of-memory"


class UnexpectedError(CibwError):
    """The program itself has a fault, or there is too little memory for it."""

    reference = "unexpected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One mistake in the configuration: where it stands, what is wrong, what to do."""

    place: str
    message: str
    hint: str = ""


class ConfigurationError(CibwError):
    """One or more mistakes in the configuration, reported together."""

    exit_code = 2
    reference = "configuration"

    def __init__(self, message: str, *, mistakes: tuple[Mistake, ...] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.mistakes = mistakes


class UnfitArchitectureError(ConfigurationError):
    """The architectures do not fit the platform, or there are none."""

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
    """The build gave a wheel without a platform tag."""

    exit_code = 5
    reference = "pure-wheel"


class DuplicateWheelError(CibwError):
    """Two builds of one run gave a wheel of the same name."""

    exit_code = 6
    reference = "duplicate-wheel"


class EngineTooOldError(CibwError):
    """The container engine is older than what is needed."""

    exit_code = 7
    reference = "engine-too-old"


class RepairedWheelError(CibwError):
    """The repair gave no wheel, or several."""

    exit_code = 8
    reference = "repaired-wheel"


class AuditFailedError(CibwError):
    """An audit command found fault with a wheel."""

    exit_code = 9
    reference = "audit-failed"


class NoWheelError(CibwError):
    """The build frontend gave no wheel."""

    exit_code = 10
    reference = "no-wheel"


class EngineUnavailableError(CibwError):
    """The container engine is missing or does not answer."""

    exit_code = 11
    reference = "engine-unavailable"


class ImageUnavailableError(CibwError):
    """An image is not here and could not be pulled."""

    exit_code = 12
    reference = "image-unavailable"


class InterpreterMissingError(CibwError):
    """The machine lacks the interpreter that a build needs."""

    exit_code = 13
    reference = "interpreter-missing"


class EmulationMissingError(CibwError):
    """The kernel of the host can't run programs of the wanted architecture."""

    exit_code = 14
    reference = "emulation-missing"


class PlatformTagError(CibwError):
    """A wheel needs newer libraries than its platform tag allows."""

    exit_code = 15
    reference = "platform-tag"


class MixedRuntimesError(CibwError):
    """Objects of a wheel are linked with each other, and have C++ libraries that do not fit together."""

    exit_code = 26
    reference = "mixed-cpp-libraries"


class MissingToolError(CibwError):
    """A program that a step needs is not there."""

    exit_code = 16
    reference = "missing-tool"


class DownloadError(CibwError):
    """A file can't be fetched or unpacked, or it is not what was expected."""

    exit_code = 17
    reference = "download"


class ReleaseFaultError(CibwError):
    """The files of a release have faults; nothing was sent."""

    exit_code = 18
    reference = "release-fault"


class UploadError(CibwError):
    """An index took none of the files."""

    exit_code = 19
    reference = "upload"


class PartialReleaseError(CibwError):
    """An index took some files, but not all; the same command sends the rest."""

    exit_code = 20
    reference = "partial-release"


class CredentialsError(CibwError):
    """There are no credentials for an index, or it does not accept them."""

    exit_code = 21
    reference = "credentials"


class AttestationError(CibwError):
    """A distribution can't be attested, or an attestation is not what it should be."""

    exit_code = 22
    reference = "attestation"


class VerificationError(CibwError):
    """What an index serves can't be found, differs from what was sent, or does not work."""

    exit_code = 23
    reference = "verification"


class GateError(CibwError):
    """The configuration forbids a release here: by tag, branch or kind of run."""

    exit_code = 24
    reference = "gate"


class NothingToPublishError(CibwError):
    """Every file of a release is on the index already."""

    exit_code = 25
    reference = "nothing-to-publish"


class InterruptedRunError(CibwError):
    """The user or the system asked the run to end."""

    exit_code = 130
    reference = "interrupted"
