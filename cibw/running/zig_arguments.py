"""What a compiler is asked for, said in the way that zig understands.

This runs at every call of the compiler, so it imports nothing that is slow to import:
`dataclasses` and `json` would triple the time that a call takes.
"""

from __future__ import annotations

from itertools import groupby
from posixpath import normpath

from cibw.running.zig_linker import linker_arguments
from cibw.running.zig_settings import ZigSettings, multiarch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

# zig takes the value of -mtune for the processor to build for, and the last of these options wins:
# the machine's own instructions would get into the wheel.
_PROCESSOR = ("-march=", "-mtune=", "-mcpu=")
_DROPPED_STARTS = (*_PROCESSOR, "--target=", "-fuse-ld", "-specs=", "--specs=", "-flto", "-fabi-version=")
_DROPPED = frozenset(
    """
    --specs --target -fanalyzer -fconserve-stack -ffat-lto-objects -fgnu-unique -fgraphite-identity -fipa-pta
    -fira-loop-pressure -fno-fat-lto-objects -fno-gnu-unique -fno-reorder-functions -fno-use-linker-plugin
    -fno-var-tracking -fno-var-tracking-assignments -fprofile-partial-training -freorder-blocks-and-partition
    -fuse-linker-plugin -fvar-tracking -fvar-tracking-assignments -shared-libgcc -specs -static-libgcc
    -static-libstdc++ -target
    """.split()
)
_WITH_OPERAND = frozenset(
    """
    --param --specs --sysroot --target -A -B -D -F -I -L -MF -MQ -MT -R -T -U -Xassembler -Xclang -Xlinker
    -Xpreprocessor -aux-info -e -idirafter -imacros -include -iprefix -iquote -isysroot -isystem -iwithprefix -l
    -mllvm -o -specs -target -u -x -z
    """.split()
)
_COMPILE_ONLY = frozenset({"-E", "-M", "-MM", "-S", "-c", "-fsyntax-only"})
_INCLUDE = ("-isystem", "-idirafter", "-iquote", "-I")
_FOR_LINKER = {"-u": "-u", "-z": "-z", "-R": "-rpath"}
_CPP_SUFFIXES = (".cc", ".cpp", ".cxx", ".c++", ".cp", ".C", ".CPP", ".ii")
_SITE = ("/site-packages", "/dist-packages")
_SYSTEM_LIBRARY = frozenset({"/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64"})
# Build systems compare this with versions of gcc; the compiler of the manylinux2014 image is that old.
_GCC_VERSION = "10.2.1"


def answer(arguments: Sequence[str], settings: ZigSettings) -> str | None:
    """The answer to a question about the compiler that zig can't answer, or answers for the host."""
    machine = multiarch(settings.target)
    triple = machine.replace("i386-", "i686-")
    answers = {
        "-dumpmachine": triple,
        "-dumpversion": _GCC_VERSION,
        "-dumpfullversion": _GCC_VERSION,
        "-print-libgcc-file-name": "libgcc.a",
        "-print-multi-os-directory": ".",
        "-print-multiarch": machine,
        "-print-search-dirs": "install: /\nprograms: =\nlibraries: =",
        "-print-sysroot": "",
        "-print-target-triple": triple,
    }
    for argument in arguments:
        question = argument.replace("--print", "-print", 1)
        if question in answers:
            return answers[question]
        if question.startswith(("-print-file-name=", "-print-prog-name=")):
            return question.partition("=")[2]
    return None


def translate(
    tool: str, arguments: Sequence[str], settings: ZigSettings, environment: Mapping[str, str]
) -> tuple[str, ...]:
    """The arguments of zig for a call of a tool (cc, c++, ar, ranlib)."""
    if tool not in {"cc", "c++"}:
        return (tool, *arguments)
    program = "c++" if tool == "c++" or _has_cpp(arguments) else "cc"
    found = environment_arguments(program, environment)
    # A program for musl is static unless zig is told otherwise; the interpreter loads only dynamic ones.
    dynamic = ["-dynamic"] if "-musl" in settings.target and "-static" not in arguments else []
    # zig has no OpenMP; without this, the library would be linked all the same and fail at its import.
    openmp = ["-lomp"] if "-fopenmp" in arguments and _COMPILE_ONLY.isdisjoint(arguments) else []
    return (
        program,
        "-target",
        settings.target,
        # Many projects print their build date, and gcc has no complaint about it.
        "-Wno-date-time",
        # zig checks for undefined behaviour whenever no optimization is asked for.
        "-fno-sanitize=undefined",
        *dynamic,
        *compiler_arguments([*arguments, *found], settings),
        *settings.compile_arguments,
        *settings.link_arguments,
        *openmp,
        f"-mcpu={settings.cpu}",
    )


def compiler_arguments(arguments: Iterable[str], settings: ZigSettings) -> list[str]:
    """The arguments that zig may have: in their order, without those that it refuses or that leak the host."""

    def keeps(directory: str) -> bool:
        return _keeps_library(directory, settings)

    result: list[str] = []
    kept = [word for given in _words(arguments) if (word := _compiler_word(given, settings))]
    for for_linker, words in groupby(kept, lambda word: word[0] == "-Xlinker"):
        if for_linker:
            result += linker_arguments([word[1] for word in words if len(word) > 1], keeps)
        else:
            result += [text for word in words for text in word]
    return result


def environment_arguments(program: str, environment: Mapping[str, str]) -> list[str]:
    """The folders that gcc takes from the environment, as arguments, for zig ignores them there."""
    language = "CPLUS_INCLUDE_PATH" if program == "c++" else "C_INCLUDE_PATH"
    result: list[str] = []
    for variable, option in (("CPATH", "-I"), (language, "-isystem"), ("LIBRARY_PATH", "-L")):
        value = environment.get(variable, "")
        # An empty element means the current directory, as in gcc.
        folders = [folder or "." for folder in value.split(":")] if value else []
        result += [word for folder in folders for word in (option, folder)]
    return result


def expand(arguments: Sequence[str], read: Callable[[str], str | None]) -> list[str]:
    """The arguments with those of response files (`@file`) in their place; `read` gives None for no file."""
    result: list[str] = []
    for argument in arguments:
        text = read(argument[1:]) if argument.startswith("@") else None
        result += [argument] if text is None else expand(_split(text), read)
    return result


def _split(text: str) -> list[str]:
    import shlex  # slow to import, and response files are rare

    return shlex.split(text)


def _words(arguments: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Each argument with its operand; an option for the linker is always spelled `-Xlinker TOKEN`."""
    rest = iter(arguments)
    for argument in rest:
        if argument.startswith("-Wl,"):
            yield from (("-Xlinker", token) for token in argument.split(",")[1:] if token)
        elif argument == "-u" or argument[:2] in {"-R", "-z"}:
            operand = argument[2:] or next(rest, "")
            yield from (("-Xlinker", token) for token in (_FOR_LINKER[argument[:2]], operand) if operand)
        elif argument in _WITH_OPERAND:
            yield (argument, *_next(rest))
        else:
            yield (argument,)


def _next(rest: Iterator[str]) -> tuple[str, ...]:
    for argument in rest:
        return (argument,)
    return ()


def _compiler_word(word: tuple[str, ...], settings: ZigSettings) -> tuple[str, ...]:
    option = word[0]
    if option in _DROPPED or option.startswith(_DROPPED_STARTS):
        return ()
    if option.startswith(("-Wp,-D", "-Wp,-U")):
        return tuple(option.split(",")[1:])
    if option.startswith("-L"):
        return word if _keeps_library(_operand("-L", word), settings) else ()
    for include in _INCLUDE:
        if option.startswith(include):
            return word if _keeps_include(_operand(include, word), settings) else ()
    return word


def _operand(option: str, word: tuple[str, ...]) -> str:
    return word[1] if len(word) > 1 else word[0][len(option) :]


def _keeps_include(directory: str, settings: ZigSettings) -> bool:
    return normpath(directory) not in {"/usr/include", f"/usr/include/{multiarch(settings.target)}"}


def _keeps_library(directory: str, settings: ZigSettings) -> bool:
    folder = normpath(directory)
    machine = multiarch(settings.target)
    if folder in _SYSTEM_LIBRARY or folder in {f"/lib/{machine}", f"/usr/lib/{machine}"}:
        return False
    if _is_below(folder, "/usr/lib/gcc") or _is_below(folder, "/usr/lib/llvm"):
        return False
    # Packages such as numpy bring libraries to link with, and those live below the interpreter, too.
    if any(site in folder for site in _SITE):
        return True
    return not any(_is_below(folder, prefix) for prefix in settings.dropped_prefixes)


def _is_below(folder: str, prefix: str) -> bool:
    return folder == prefix or folder.startswith(f"{prefix}/")


def _has_cpp(arguments: Iterable[str]) -> bool:
    for word in _words(arguments):
        if word in {("-x", "c++"), ("-xc++",)}:
            return True
        if len(word) == 1 and not word[0].startswith("-") and word[0].endswith(_CPP_SUFFIXES):
            return True
    return False
