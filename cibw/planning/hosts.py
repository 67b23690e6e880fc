"""The hosts that can build for a platform."""

from __future__ import annotations

from cibw.errors import ConfigurationError
from cibw.model.facts import Facts
from cibw.model.target import Platform

_HOSTS = {
    Platform.MACOS: (Platform.MACOS,),
    Platform.WINDOWS: (Platform.WINDOWS,),
    Platform.IOS: (Platform.MACOS,),
    Platform.PYODIDE: (Platform.LINUX, Platform.MACOS),
    Platform.ANDROID: (Platform.LINUX, Platform.MACOS),
}
_NAMES = {Platform.LINUX: "a Linux computer", Platform.MACOS: "a Mac", Platform.WINDOWS: "a Windows computer"}


def require_host(platform: Platform, facts: Facts) -> None:
    """Raise ConfigurationError, which names supported hosts, if this host cannot build for a platform."""
    hosts = _HOSTS.get(platform)
    if hosts is None or facts.platform in hosts:
        return _require_sdk(facts) if platform is Platform.ANDROID else None
    names = " or ".join(_NAMES[host] for host in hosts)
    raise ConfigurationError(
        f"Wheels for {platform.value} cannot be built on {_NAMES[facts.platform]}, only on {names}.",
        hint=f"`cibw plan --platform {platform.value} --archs all` prints the build plan on any computer.",
    )


def _require_sdk(facts: Facts) -> None:
    if facts.platform is Platform.LINUX and facts.machine != "x86_64":
        raise ConfigurationError(
            f"Wheels for android cannot be built on Linux on {facts.machine}: Google provides the NDK only for x86_64.",
            hint="Build on an x86_64 computer or on a Mac.",
        )
    if facts.has_android_home:
        return
    place = f"is {facts.android_home}, which is not a directory" if facts.android_home else "is not set"
    raise ConfigurationError(
        f"Wheels for android need an Android SDK, but ANDROID_HOME {place}.",
        hint="Set it to the directory of the SDK. If there is no SDK, unpack the command-line tools from "
        "https://developer.android.com/studio as DIRECTORY/cmdline-tools/latest, and set ANDROID_HOME to DIRECTORY. "
        "The NDK is installed there when it is first needed.",
    )
