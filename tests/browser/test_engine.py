from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import playwright
import pytest

from payerproof.browser.engine import Browser, Machine, find_browser
from payerproof.browser.errors import BrowserMissing


class Fake:
    """A machine on which some files exist and commands print something."""

    def __init__(self, *files: str, commands: dict[str, str] | None = None) -> None:
        self.files = set(files)
        self.commands = commands or {}
        self.ran: list[str] = []
        self.on_install: dict[str, str] = {}

    def run(self, command: Sequence[str], seconds: float) -> tuple[int, str]:
        assert seconds > 0
        self.ran.append(" ".join(command))
        if command[0] == "apt-get":
            package = command[-1]
            if package not in self.on_install:
                return 100, ""
            self.commands[package] = self.on_install[package]
            return 0, ""
        if command[-1] == "--version":
            return 0, f"{Path(command[0]).name.title()} 1.2.3 built on X"
        return 1, ""

    def machine(
        self, platform: str = "linux", root: bool = False, environ: dict[str, str] | None = None
    ) -> Machine:
        return Machine(
            environ=environ or {},
            platform=platform,
            home=Path("/home/ada"),
            root=root,
            which=self.commands.get,
            exists=self.files.__contains__,
            run=self.run,
        )


def test_the_given_path_comes_first() -> None:
    fake = Fake("/opt/mine", commands={"chromium": "/usr/bin/chromium"})
    found = find_browser(machine=fake.machine(environ={"PAYERPROOF_BROWSER": "/opt/mine"}))
    assert (found.executable, found.how) == ("/opt/mine", "the path in PAYERPROOF_BROWSER")


def test_a_given_path_that_does_not_exist_is_named() -> None:
    fake = Fake(commands={"chromium": "/usr/bin/chromium"})
    with pytest.raises(BrowserMissing, match=r"PAYERPROOF_BROWSER is set to /nowhere"):
        find_browser(machine=fake.machine(environ={"PAYERPROOF_BROWSER": "/nowhere"}))


def test_playwrights_own_build_comes_before_what_is_installed() -> None:
    listing = Path(playwright.__file__).parent / "driver" / "package" / "browsers.json"
    listed = json.loads(listing.read_text())["browsers"]
    revision = next(one["revision"] for one in listed if one["name"] == "chromium")
    marker = f"/home/ada/.cache/ms-playwright/chromium-{revision}/INSTALLATION_COMPLETE"
    fake = Fake(marker, commands={"chromium": "/usr/bin/chromium"})
    found = find_browser(machine=fake.machine())
    assert (found.executable, found.channel) == (None, None)
    assert found.how == "Playwright's own Chromium"


def test_an_installed_chrome_is_a_channel() -> None:
    fake = Fake("/opt/google/chrome/chrome", commands={"chromium": "/usr/bin/chromium"})
    found = find_browser(machine=fake.machine())
    assert (found.executable, found.channel, found.version) == (None, "chrome", "Chrome 1.2.3")


def test_debians_chromium_is_found_by_name() -> None:
    fake = Fake(commands={"chromium": "/usr/bin/chromium"})
    assert find_browser(machine=fake.machine()) == Browser(
        "/usr/bin/chromium", None, "installed Chromium", "Chromium 1.2.3"
    )
    assert not any("install" in command for command in fake.ran)


def test_apps_of_macos_are_found() -> None:
    path = "/home/ada/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge"
    assert find_browser(machine=Fake(path).machine("darwin")).executable == path


def test_an_installed_headless_shell_comes_first_unless_it_must_show_itself() -> None:
    both = {name: f"/usr/bin/{name}" for name in ("chromium", "chromium-headless-shell")}
    fake = Fake(commands=both)
    assert find_browser(machine=fake.machine()).executable == "/usr/bin/chromium-headless-shell"
    found = find_browser(headed=True, machine=fake.machine())
    assert found.executable == "/usr/bin/chromium"


def test_a_headless_build_of_playwrights_own_is_no_headed_browser() -> None:
    listing = Path(playwright.__file__).parent / "driver" / "package" / "browsers.json"
    listed = json.loads(listing.read_text())["browsers"]
    revision = next(one["revision"] for one in listed if one["name"] == "chromium")
    folder = f"/home/ada/.cache/ms-playwright/chromium_headless_shell-{revision}"
    fake = Fake(f"{folder}/INSTALLATION_COMPLETE", commands={"chromium": "/usr/bin/chromium"})
    assert find_browser(machine=fake.machine()).executable is None
    assert find_browser(headed=True, machine=fake.machine()).executable == "/usr/bin/chromium"


@pytest.mark.parametrize("package", ["chromium-headless-shell", "chromium"])
def test_on_debian_as_root_the_package_that_there_is_gets_installed(package: str) -> None:
    fake = Fake("/etc/debian_version", commands={"apt-get": "/usr/bin/apt-get"})
    fake.on_install = {package: f"/usr/bin/{package}"}
    found = find_browser(machine=fake.machine(root=True))
    assert found.executable == f"/usr/bin/{package}"
    assert any("playwright install chromium" in command for command in fake.ran)


def test_on_debian_as_root_a_headed_browser_is_the_whole_of_chromium() -> None:
    fake = Fake("/etc/debian_version", commands={"apt-get": "/usr/bin/apt-get"})
    fake.on_install = {"chromium": "/usr/bin/chromium"}
    found = find_browser(headed=True, machine=fake.machine(root=True))
    assert found.executable == "/usr/bin/chromium"
    assert not any("chromium-headless-shell" in command for command in fake.ran)


def test_nothing_is_installed_where_that_is_not_wanted() -> None:
    fake = Fake("/etc/debian_version", commands={"apt-get": "/usr/bin/apt-get"})
    with pytest.raises(BrowserMissing, match="Install Google Chrome"):
        find_browser(install=False, machine=fake.machine(root=True))
    assert fake.ran == []


def test_without_root_one_message_says_what_to_do() -> None:
    fake = Fake("/etc/debian_version", commands={"apt-get": "/usr/bin/apt-get"})
    with pytest.raises(BrowserMissing, match="playwright install chromium"):
        find_browser(machine=fake.machine())
    assert not any(command.startswith("apt-get") for command in fake.ran)
