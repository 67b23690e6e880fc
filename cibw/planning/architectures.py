"""The architectures selected by `archs` on a given host."""

from __future__ import annotations

from itertools import islice

from cibw.config.problems import MOST_MISTAKES, did_you_mean
from cibw.errors import Mistake
from cibw.model.facts import Facts
from cibw.model.target import ARCHITECTURES, Architecture, Platform
from cibw.planning.verdict import Verdict

WORDS = ("auto", "native", "auto64", "auto32", "all")
_SAME_PROCESSOR: tuple[dict[Platform, Architecture], ...] = (
    {
        Platform.LINUX: Architecture.X86_64,
        Platform.MACOS: Architecture.X86_64,
        Platform.WINDOWS: Architecture.WIN_AMD64,
        Platform.ANDROID: Architecture.X86_64,
    },
    {Platform.LINUX: Architecture.I686, Platform.WINDOWS: Architecture.WIN_X86},
    {
        Platform.LINUX: Architecture.AARCH64,
        Platform.MACOS: Architecture.ARM64,
        Platform.WINDOWS: Architecture.WIN_ARM64,
        Platform.ANDROID: Architecture.ARM64_V8A,
    },
)
_32_BIT = {
    Architecture.X86_64: Architecture.I686,
    Architecture.WIN_AMD64: Architecture.WIN_X86,
    Architecture.AARCH64: Architecture.ARMV7L,
}
_WITH_NATIVE = {
    Architecture.WIN_AMD64: Architecture.WIN_X86,
    Architecture.ARM64_IPHONESIMULATOR: Architecture.ARM64_IPHONEOS,
}


def native_architecture(platform: Platform, facts: Facts) -> Architecture | None:
    """The platform's name for the host's architecture; None if the platform does not have it.

    For iOS it is the simulator on a Mac, and None on other hosts.
    """
    host = _named(facts.machine, facts.platform)
    if platform is Platform.PYODIDE:
        return Architecture.WASM32
    if platform is Platform.IOS:
        return _simulator(host) if facts.platform is Platform.MACOS else None
    if platform is facts.platform or host is None:
        return host
    row = next((row for row in _SAME_PROCESSOR if row.get(facts.platform) is host), {platform: host})
    native = row.get(platform)
    return native if native in ARCHITECTURES[platform] else None


def wanted_architectures(
    words: tuple[str, ...], platform: Platform, facts: Facts, verdict: Verdict
) -> frozenset[Architecture]:
    """The architectures that words such as `auto` or `aarch64` select; errors are added to the verdict.

    The words are ignored for Pyodide, which has only one architecture.
    """
    found: set[Architecture] = set()
    judged = Verdict()
    for word in islice(dict.fromkeys(words), MOST_MISTAKES):
        found.update(_meaning(word, platform, facts, judged))
    if platform is Platform.PYODIDE:
        found.update(ARCHITECTURES[platform])
    elif not found and not judged.is_bad:
        message = f"{' '.join(words)!r} selects no architecture for {platform.value} on this host ({facts.machine})"
        judged.unfit.append(Mistake(place="archs", message=message, hint=_choices(platform)))
    verdict.add(judged)
    return frozenset(found)


def _meaning(word: str, platform: Platform, facts: Facts, verdict: Verdict) -> tuple[Architecture, ...]:
    if word == "all":
        return ARCHITECTURES[platform]
    if word not in WORDS:
        return _by_name(word, platform, verdict)
    native = native_architecture(platform, facts)
    return () if native is None else _on_host(word, native, platform, facts)


def _on_host(word: str, native: Architecture, platform: Platform, facts: Facts) -> tuple[Architecture, ...]:
    is_32_bit = native in _32_BIT.values() or native is Architecture.WASM32
    match word:
        case "native":
            return (native,)
        case "auto":
            return (native, _WITH_NATIVE.get(native, native))
        case "auto64":
            return () if is_32_bit else (native,)
        case _:
            return (native,) if is_32_bit else _32_bit_form(native, platform, facts)


def _32_bit_form(native: Architecture, platform: Platform, facts: Facts) -> tuple[Architecture, ...]:
    if native not in _32_BIT or platform not in {Platform.LINUX, Platform.WINDOWS}:
        return ()
    if native is Architecture.AARCH64 and not facts.runs_32bit:
        return ()
    return (_32_BIT[native],)


def _by_name(word: str, platform: Platform, verdict: Verdict) -> tuple[Architecture, ...]:
    named = _named(word, platform)
    if named is not None:
        return (named,)
    hint = _choices(platform)
    if any(_named(word, other) for other in Platform):
        message = f"{platform.value} has no architecture {word!r}"
        if platform is not Platform.PYODIDE:
            verdict.unfit.append(Mistake(place="archs", message=message, hint=hint))
        return ()
    known = (*WORDS, *(architecture.value for architecture in ARCHITECTURES[platform]))
    verdict.mistakes.append(
        Mistake(place="archs", message=f"unknown architecture {word!r}", hint=did_you_mean(word, known) or hint)
    )
    return ()


def _named(word: str, platform: Platform) -> Architecture | None:
    found = (one for one in ARCHITECTURES[platform] if one.value.lower() == word.lower())
    return next(found, None)


def _simulator(host: Architecture | None) -> Architecture:
    return Architecture.X86_64_IPHONESIMULATOR if host is Architecture.X86_64 else Architecture.ARM64_IPHONESIMULATOR


def _choices(platform: Platform) -> str:
    names = ", ".join(architecture.value for architecture in ARCHITECTURES[platform])
    return f"{platform.value} has {names}; or use {', '.join(WORDS)}"
