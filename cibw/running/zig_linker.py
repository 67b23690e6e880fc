"""The options for the linker, said in the way that zig understands.

This runs at every call of the compiler, so it imports nothing that is slow to import.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

# zig refuses most of these ("unsupported linker arg") and warns about the others. They steer how the linker works,
# what it reports, and which symbols it exports beyond those that an extension needs.
_DROPPED = frozenset(
    """
    M Map X copy-dt-needed-entries cref default-symver demangle discard-none dynamic-list error-limit exclude-libs
    export-dynamic-symbol fix-cortex-a53-835769 fix-cortex-a53-843419 gdb-index icf m melf_i386 melf_x86_64
    no-copy-dt-needed-entries no-demangle no-keep-memory no-ld-generated-unwind-info no-omagic no-relax no-rosegment
    no-threads no-undefined-version no-warn-execstack no-warn-mismatch no-warn-rwx-segments no-warnings
    orphan-handling package-metadata plugin plugin-opt push-state reduce-memory-overheads relax rosegment rpath-link
    spare-dynamic-tags stats sysroot t threads trace verbose warn-common warn-execstack warn-once
    """.split()
)
_DROPPED_KEYWORDS = frozenset(
    """
    combreloc ibt nocombreloc noseparate-code nostart-stop-gc pack-relative-relocs separate-code shstk start-stop-gc
    text
    """.split()
)
_WITH_OPERAND = frozenset(
    """
    I L Map R T defsym dynamic-linker dynamic-list e entry exclude-libs fini h image-base init l m o orphan-handling
    package-metadata plugin plugin-opt retain-symbols-file rpath rpath-link soname sort-section sysroot trace-symbol
    u undefined unresolved-symbols version-script wrap y z
    """.split()
)
_RENAMED = {"R": "-rpath", "h": "-soname", "rpath": "-rpath", "soname": "-soname", "u": "-u", "undefined": "-u"}
_REPLACED = {
    "Bsymbolic-functions": ("-Bsymbolic",),
    # What --push-state saved is unknown; these are the linker's defaults for what it is used around.
    "pop-state": ("--no-whole-archive", "-Bdynamic"),
}
_ATTACHED = frozenset("LORlz")


def linker_arguments(tokens: Sequence[str], keeps_directory: Callable[[str], bool]) -> list[str]:
    """Compiler arguments that hand the linker options on; `keeps_directory` judges library directories."""
    result: list[str] = []
    pending: list[str] = []
    for name, spelled in _words(tokens):
        translated = _translate(name, spelled, keeps_directory)
        if translated and name in {"", "L", "l"}:
            result += [*_handed_on(pending), *translated]
            pending = []
        else:
            pending += translated
    return [*result, *_handed_on(pending)]


def _words(tokens: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each option's bare name with the tokens that spell it; the name of an input file is empty."""
    rest = iter(tokens)
    for token in rest:
        name = _bare_name(token)
        if name in _WITH_OPERAND and token in {f"-{name}", f"--{name}"}:
            yield name, (token, *_next(rest))
        else:
            yield name, (token,)


def _next(rest: Iterator[str]) -> tuple[str, ...]:
    for token in rest:
        return (token,)
    return ()


def _bare_name(token: str) -> str:
    if not token.startswith("-"):
        return ""
    if token[1:2] in _ATTACHED:
        return token[1]
    return token.lstrip("-").partition("=")[0]


def _translate(name: str, spelled: tuple[str, ...], keeps_directory: Callable[[str], bool]) -> tuple[str, ...]:
    if name in _DROPPED or name == "O":
        return ()
    value = _value(name, spelled)
    if name in {"L", "l"}:
        return (f"-{name}{value}",) if name == "l" or keeps_directory(value) else ()
    if name == "z":
        return ("-z", value) if value and value not in _DROPPED_KEYWORDS else ()
    if name in _REPLACED:
        return _REPLACED[name]
    if name in {"rpath", "R"}:
        value = ":".join(filter(keeps_directory, value.split(":")))
    if name in _RENAMED:
        return (_RENAMED[name], value) if value else ()
    return spelled


def _value(name: str, spelled: tuple[str, ...]) -> str:
    if len(spelled) > 1:
        return spelled[1]
    if name in _ATTACHED:
        return spelled[0][2:]
    return spelled[0].partition("=")[2]


def _handed_on(tokens: Sequence[str]) -> list[str]:
    # A comma separates linker options, so a file name that has one needs a way without commas.
    if any("," in token for token in tokens):
        return [word for token in tokens for word in ("-Xlinker", token)]
    return [",".join(["-Wl", *tokens])] if tokens else []
