"""The pytest plugin that turns test functions under ``suites/`` into checks of a payer.

Load it with ``-p payerproof.plugin`` (the command line does) or through the root ``conftest.py``.
It does nothing to any other test, and nothing at all without ``--payer``. There is no ``pytest11``
entry point: an installed payerproof stays out of other people's test runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from contextlib import nullcontext
from functools import cache
from pathlib import Path

import pytest

from payerproof.catalog import Catalog, CatalogError, load_catalog
from payerproof.places import shipped
from payerproof.plugin import fixtures as _fixtures
from payerproof.plugin import options
from payerproof.plugin.collect import Collected, collected
from payerproof.plugin.collector import calm
from payerproof.plugin.controller import Controller, judged_keys, new_settings, now
from payerproof.plugin.discover import discover_checks
from payerproof.plugin.guardian import watch_command
from payerproof.plugin.planning import write_plan
from payerproof.plugin.progress import Progress
from payerproof.plugin.reach import Reach
from payerproof.plugin.run_check import alone, remember_exception, run_check
from payerproof.plugin.session import RunSession
from payerproof.plugin.settings import Settings
from payerproof.plugin.stash import CATALOG, CHECK, SESSION, SETTINGS
from payerproof.polite import TlsFilesError, trust
from payerproof.target import PayerFileError, SecretError, load_target

CONTROLLER = pytest.StashKey[Controller]()
PROGRESS = pytest.StashKey[Progress]()

# pytest looks for fixtures in the plugin module itself
globals().update({name: getattr(_fixtures, name) for name in _fixtures.NAMES})


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register our options."""
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Open the run: in the controller its folder, key and broker; in each worker its session."""
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        if "payerproof" in worker:
            _open_worker(config, Settings.from_json(worker["payerproof"]), worker["workerid"])
        return
    if config.getoption("--payer"):
        watch_command()
        try:
            _open_controller(config)
        except (PayerFileError, SecretError, CatalogError, TlsFilesError) as wrong:
            pytest.exit(str(wrong), returncode=2)


@cache
def _catalog() -> Catalog:
    """The catalogue, read once per process."""
    return load_catalog(shipped("suites"), shipped("profiles") / "rules")


def _open_worker(config: pytest.Config, settings: Settings, process: str) -> None:
    config.stash[SETTINGS] = settings
    config.stash[CATALOG] = _catalog()
    config.stash[SESSION] = RunSession.open(settings, process)


def _open_controller(config: pytest.Config) -> None:
    target = load_target(config.getoption("--payer"))
    trust(target.tls)  # before a worker stumbles over it
    catalog = _catalog()
    started = now()
    run_dir = options.run_dir(config, config.getoption("--payer"), started)
    workers = int(config.getoption("numprocesses", None) or 0)
    settings = new_settings(
        target,
        run_dir,
        as_of=options.as_of(config),
        login=config.getoption("--payerproof-login"),
        selection=options.selection(config),
        deadline=options.deadline(config),
        workers=max(1, workers),
        judged=judged_keys(run_dir) if config.getoption("--payerproof-resume") else (),
        production=config.getoption("--payerproof-production"),
    )
    controller = Controller.open(
        target,
        catalog,
        settings,
        started,
        command=config.getoption("--payerproof-command") or "pytest",
        headed=config.getoption("--payerproof-headed"),
    )
    told = config.getoption("--payerproof-progress")
    progress = Progress(Path(told) if told else None)
    if config.getoption("--payerproof-resume"):
        _put_back(controller, progress)
    config.stash[CONTROLLER] = controller
    config.stash[SETTINGS] = controller.settings
    config.stash[CATALOG] = catalog
    config.stash[PROGRESS] = progress
    config.pluginmanager.register(config.stash[PROGRESS], "payerproof-progress")
    if not workers:
        config.stash[SESSION] = RunSession.open(controller.settings, "main")


def _put_back(controller: Controller, progress: Progress) -> None:
    """Put back what the killed run left changed; where that fails, the run does not go on."""
    left = controller.put_back()
    if left:
        controller.leave()
        sentence = f"not resumed, since what the run changed could not be put back: {left}."
        progress.note(sentence)
        pytest.exit(sentence, returncode=4)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Hand the settings to an xdist worker."""
    config = node.config  # type: ignore[attr-defined]  # xdist's WorkerController ships no types
    if SETTINGS in config.stash:
        node.workerinput["payerproof"] = config.stash[SETTINGS].to_json()  # type: ignore[attr-defined]  # as above


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the checks that were asked for and can be tried; record why the others are not."""
    suites = shipped("suites")
    ours = [item for item in items if suites in item.path.parents]
    if not ours:
        return
    if SETTINGS not in config.stash:
        raise pytest.UsageError("checks need a payer: pytest suites --payer FILE")
    if SESSION not in config.stash:
        return  # the controller of a distributed run collects nothing
    sorted_out: Collected = collected(ours, suites, config.stash[CATALOG], config.stash[SESSION])
    config.hook.pytest_deselected(items=sorted_out.left_out)
    kept = set(map(id, sorted_out.left_out))
    items[:] = [item for item in items if id(item) not in kept]
    items.sort(key=_runs_alone)
    if config.getoption("--payerproof-plan"):
        path = Path(config.getoption("--payerproof-plan"))
        write_plan(
            path,
            config.stash[SESSION].target,
            [item.stash[CHECK] for item in items],
            sorted_out.results,
        )
        items.clear()
    elif PROGRESS in config.stash:
        config.stash[PROGRESS].plan(Counter(_area(item.nodeid) for item in items))


def _runs_alone(item: pytest.Item) -> bool:
    """True for who has to wait until nobody else runs: at the end that costs the others nothing."""
    return CHECK in item.stash and alone(item.stash[CHECK])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: object, ids: list[str]) -> None:
    """Tell the reader how much there is to do."""
    config = node.config  # type: ignore[attr-defined]  # as above
    if PROGRESS in config.stash:
        config.stash[PROGRESS].plan(Counter(_area(name) for name in ids))


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Run the checks of this process with the garbage collector told to keep calm."""
    with calm() if SESSION in session.config.stash else nullcontext():
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a check and judge it; any other test is pytest's own business."""
    if CHECK not in item.stash:
        return None
    run_check(item, nextitem, item.config.stash[SESSION], item.config.stash[CATALOG])
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a phase of a check raised, for the judge."""
    remember_exception(item, call)
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Close the run: join the segments, write the footer, set our exit code."""
    config = session.config
    if SESSION in config.stash:
        _tell_reach(config)
        config.stash[SESSION].close()
    controller = config.stash.get(CONTROLLER, None)
    if controller is None:
        return
    if exitstatus in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR) or (
        exitstatus == pytest.ExitCode.INTERRUPTED and session.testscollected == 0
    ):
        controller.abandon()
        session.exitstatus = 5 if exitstatus == pytest.ExitCode.INTERNAL_ERROR else 2
        return
    session.exitstatus = controller.close(
        discover_checks(shipped("suites")),
        allow_inconclusive=config.getoption("--payerproof-allow-inconclusive"),
        interrupted=exitstatus == pytest.ExitCode.INTERRUPTED,
        memo=config.stash[SESSION].memo if SESSION in config.stash else None,
    )


def _tell_reach(config: pytest.Config) -> None:
    """Hand what a worker with a memory of its own knows to the controller.

    Workers that share a memory leave it to the controller to look there.
    """
    output = getattr(config, "workeroutput", None)
    session = config.stash[SESSION]
    if output is not None and not session.settings.broker:
        output["payerproof"] = Reach.of(session.memo, session.target).plain()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object, error: object) -> None:  # noqa: ARG001 - pytest's names
    """Take what an xdist worker knows at its end; one that was killed says nothing."""
    config = node.config  # type: ignore[attr-defined]  # xdist's WorkerController ships no types
    told = getattr(node, "workeroutput", {}).get("payerproof")
    if told and CONTROLLER in config.stash:
        config.stash[CONTROLLER].reaches.append(Reach.from_plain(told))


def _area(nodeid: str) -> str:
    module = nodeid.partition("::")[0]  # a parameter behind it may hold a slash as well
    return module.replace("\\", "/").rpartition("/")[0].rpartition("/")[2]
