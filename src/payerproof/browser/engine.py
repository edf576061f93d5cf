"""Finds a browser, installs one where that needs no person, and launches it quietly.

Order: the path in ``PAYERPROOF_BROWSER``; Playwright's own Chromium; an installed headless shell of
Chromium (which opens a fresh session in a third of the time, and cannot show itself); installed
Chrome, Edge, Chromium; and only then, what has to be fetched: Playwright's Chromium by download
(bounded), the distribution's package where this is Debian and we are root. Firefox and WebKit
builds other than Playwright's cannot be driven.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from payerproof.browser.errors import BrowserMissing

VARIABLE = "PAYERPROOF_BROWSER"
"""Environment variable with the path of the browser to use."""

_VERSION_SECONDS = 20
_DOWNLOAD_SECONDS = 300
_PACKAGE_SECONDS = 600

_SHELL = "chromium-headless-shell"
_COMMANDS: tuple[tuple[str, str], ...] = (
    (_SHELL, "headless shell of Chromium"),
    ("google-chrome", "Google Chrome"),
    ("google-chrome-stable", "Google Chrome"),
    ("microsoft-edge", "Microsoft Edge"),
    ("microsoft-edge-stable", "Microsoft Edge"),
    ("chromium", "Chromium"),
    ("chromium-browser", "Chromium"),
)
_CHANNELS: tuple[tuple[str, str, str], ...] = (
    ("chrome", "/opt/google/chrome/chrome", "Google Chrome"),
    ("msedge", "/opt/microsoft/msedge/msedge", "Microsoft Edge"),
)
_MAC_APPS = ("Google Chrome", "Microsoft Edge", "Chromium")

ADVICE = (
    f"No browser was found. Install Google Chrome, Microsoft Edge or Chromium, or run "
    f"'python -m playwright install chromium'; or set {VARIABLE} to the path of a "
    "Chromium-based browser."
)


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that can be driven."""

    executable: str | None
    """Path, or None for Playwright's own build or a channel."""
    channel: str | None
    """Playwright's channel (chrome, msedge), or None."""
    how: str
    """Where it came from, in words a user reads."""
    version: str
    """As the browser says it, such as ``Chromium 156.0.8078.79``; empty where it will not say."""


@dataclass(frozen=True)
class Machine:
    """What is asked of the machine; tests put another in its place."""

    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    platform: str = sys.platform
    home: Path = field(default_factory=Path.home)
    root: bool = field(default_factory=lambda: hasattr(os, "geteuid") and os.geteuid() == 0)
    which: Callable[[str], str | None] = shutil.which
    exists: Callable[[str], bool] = os.path.exists
    run: Callable[[Sequence[str], float], tuple[int, str]] = field(
        default_factory=lambda: run_bounded
    )

    @property
    def debian(self) -> bool:
        """True on Debian and its relatives."""
        return self.exists("/etc/debian_version") and self.which("apt-get") is not None


def run_bounded(command: Sequence[str], seconds: float) -> tuple[int, str]:
    """Run a command without input; its exit code (-1: not started or too slow) and its output."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(  # noqa: S603  fixed commands, or the operator's own browser path
            list(command),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            stdin=subprocess.DEVNULL,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return -1, ""
    return done.returncode, done.stdout + done.stderr


def find_browser(
    *, headed: bool = False, install: bool = True, machine: Machine | None = None
) -> Browser:
    """The browser to drive; with ``headed`` one that can show itself.

    With ``install`` it may download Playwright's Chromium (at most five minutes) or, as root on
    Debian, install the package (at most ten). Raises `BrowserMissing`, whose text says what to do.
    """
    machine = machine or Machine()
    explicit = machine.environ.get(VARIABLE, "")
    if explicit:
        return _explicit(machine, explicit)
    found = _bundled(machine, headed) or _installed(machine, headed)
    if found is None and install:
        found = _download(machine, headed) or _package(machine, headed)
    if found is None:
        raise BrowserMissing(ADVICE)
    return found


def _explicit(machine: Machine, path: str) -> Browser:
    where = path if machine.exists(path) else machine.which(path)
    if not where:
        raise BrowserMissing(
            f"{VARIABLE} is set to {path}, which does not exist; set it to a Chromium-based "
            "browser, or unset it to let one be found"
        )
    return Browser(where, None, f"the path in {VARIABLE}", _version(machine, where))


def _version(machine: Machine, path: str) -> str:
    code, output = machine.run([path, "--version"], _VERSION_SECONDS)
    lines = [line.strip() for line in output.splitlines() if any(c.isdigit() for c in line)]
    stated = [line for line in lines if line.startswith(("Google", "Microsoft", "Chrom"))]
    if code != 0 or not (stated or lines):
        return ""
    words = (stated or lines)[-1].split()
    return " ".join(words[: _version_end(words)])


def _version_end(words: Sequence[str]) -> int:
    """Up to the first word with a digit: Debian adds where it was built."""
    return next((n for n, word in enumerate(words, 1) if word[0].isdigit()), len(words))


def _bundled(machine: Machine, headed: bool) -> Browser | None:
    """Playwright's own build of the revision that this Playwright wants."""
    listed = _revision()
    if listed is None:
        return None
    revision, version = listed
    builds = ("chromium",) if headed else ("chromium_headless_shell", "chromium")
    for folder in (f"{build}-{revision}" for build in builds):
        if machine.exists(str(_cache(machine) / folder / "INSTALLATION_COMPLETE")):
            return Browser(None, None, "Playwright's own Chromium", f"Chromium {version}".strip())
    return None


def _revision() -> tuple[str, str] | None:
    import playwright

    file = Path(playwright.__file__).parent / "driver" / "package" / "browsers.json"
    try:
        browsers = json.loads(file.read_text(encoding="utf-8"))["browsers"]
    except (OSError, ValueError, KeyError):
        return None
    wanted = [one for one in browsers if one.get("name") == "chromium"]
    if not wanted:
        return None
    return str(wanted[0].get("revision", "")), str(wanted[0].get("browserVersion", ""))


def _cache(machine: Machine) -> Path:
    """Where Playwright keeps its browsers (its documentation, "Managing browser binaries")."""
    given = machine.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    if given == "0":
        import playwright

        return Path(playwright.__file__).parent / "driver" / "package" / ".local-browsers"
    if given:
        return Path(given)
    if machine.platform == "darwin":
        return machine.home / "Library" / "Caches" / "ms-playwright"
    base = machine.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else machine.home / ".cache") / "ms-playwright"


def _installed(machine: Machine, headed: bool) -> Browser | None:
    if not headed and (found := _on_the_path(machine, _COMMANDS[:1])):
        return found
    for channel, path, name in _CHANNELS:
        if machine.platform.startswith("linux") and machine.exists(path):
            return Browser(None, channel, f"installed {name}", _version(machine, path))
    if machine.platform == "darwin":
        for name in _MAC_APPS:
            for top in (Path("/Applications"), machine.home / "Applications"):
                path = str(top / f"{name}.app" / "Contents" / "MacOS" / name)
                if machine.exists(path):
                    return Browser(path, None, f"installed {name}", _version(machine, path))
    return _on_the_path(machine, _COMMANDS[1:])


def _on_the_path(machine: Machine, commands: Sequence[tuple[str, str]]) -> Browser | None:
    for command, name in commands:
        where = machine.which(command)
        # A snap-only stub answers the name but starts nothing; its version says so.
        if where and (version := _version(machine, where)):
            return Browser(where, None, f"installed {name}", version)
    return None


def _download(machine: Machine, headed: bool) -> Browser | None:
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    machine.run(command if headed else [*command, "--only-shell"], _DOWNLOAD_SECONDS)
    return _bundled(machine, headed)


def _package(machine: Machine, headed: bool) -> Browser | None:
    """The headless shell where the distribution has it, which older ones do not; else Chromium."""
    if not (machine.root and machine.debian):
        return None
    install = ("apt-get", "install", "-y", "--no-install-recommends")
    packages = [(*install, name) for name in (("chromium",) if headed else (_SHELL, "chromium"))]
    for command in (*packages, ("apt-get", "update"), *packages):
        if machine.run(command, _PACKAGE_SECONDS)[0] == 0 and command in packages:
            break
    return _installed(machine, headed)
