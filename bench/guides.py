"""The validator against the clock: ``python bench/guides.py [--rounds 5] [--export-mb 100]``.

``--only-export --export-mb 2000 --export-rounds 1`` is the run on two gigabytes.

Every figure is a ratio or a median of one run on one core (process time), printed with what the
issue demands. The claims are the published CARIN EOBs where they are at hand (PAYERPROOF_SHARED),
and in any case claims made from the tests' own, each with ids, dates, codes and amounts of its
own, so that no memory of texts or codes is flattered.
"""

from __future__ import annotations

import argparse
import copy
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "bench"))

from memory import Peak  # noqa: E402 - beside this file

from payerproof.guides import bulk  # noqa: E402
from payerproof.guides.fast import Concepts  # noqa: E402
from payerproof.guides.package import read_examples  # noqa: E402
from payerproof.guides.text import intact  # noqa: E402
from payerproof.guides.validator import Validator  # noqa: E402
from tests.guides.people import CLAIM  # noqa: E402 - the checkout's own test data
from tests.guides.shared import shared_folder  # noqa: E402


def median(action: Callable[[], object], rounds: int, times: int) -> float:
    """Median seconds of one call, over ``rounds`` of ``times`` calls."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(times):
            action()
        taken.append((time.process_time() - start) / times)
    return statistics.median(taken)


def say(what: str, value: str, wanted: str, good: bool | None) -> None:
    """One line of the report."""
    mark = {True: "met", False: "NOT MET", None: ""}[good]
    sys.stdout.write(f"{what:62} {value:>22}  {wanted:18} {mark}\n")
    sys.stdout.flush()


def published() -> list[tuple[str, bytes]]:
    """The EOB examples of CARIN 2.0.0 (as published, indented) and 2.1.0 (compact)."""
    shared = shared_folder()
    out: list[tuple[str, bytes]] = []
    for version in ("2.0.0", "2.1.0"):
        found = sorted(shared.rglob(f"hl7.fhir.us.carin-bb-{version}.tgz")) if shared else []
        for name, text in read_examples(found[0]) if found else ():
            if name.startswith("ExplanationOfBenefit"):
                label = name.removeprefix("ExplanationOfBenefit-").removesuffix(".json")
                out.append((f"{version} {label}", text))
    return out


def distinct(count: int) -> list[bytes]:
    """Claims that share neither ids, dates, amounts nor procedure codes."""
    out = []
    for at in range(count):
        value = copy.deepcopy(CLAIM)
        day = f"{2016 + at % 10}-{at % 12 + 1:02d}-{at % 28 + 1:02d}"
        value["id"] = f"claim-{at}"
        value["identifier"][0]["value"] = str(at * 7919)
        value["meta"]["lastUpdated"] = f"{day}T{at % 24:02d}:{at % 60:02d}:00Z"
        value["created"] = f"{day}T00:00:00Z"
        value["billablePeriod"] = {"start": day, "end": day}
        value["patient"]["reference"] = f"Patient/{at % 977}"
        item = value["item"][0]
        item["servicedDate"] = day
        item["productOrService"]["coding"][0]["code"] = f"{at % 9999:04d}-{at % 997:04d}-01"
        value["item"] = [{**copy.deepcopy(item), "sequence": n + 1} for n in range(1 + at % 4)]
        for n, row in enumerate(value["item"]):
            row["adjudication"][0]["amount"]["value"] = round(1.37 * at + n, 2)
        value["total"][0]["amount"]["value"] = round(3.11 * at, 2)
        out.append(orjson.dumps(value))
    return out


def forget(validator: Validator) -> None:
    """Empty every memory of CodeableConcepts."""
    for entry in validator.fast.globals.values():
        owner = getattr(entry, "__self__", None)
        if isinstance(owner, Concepts):
            owner.clear()


def speed(rounds: int) -> None:
    """Validation and the integrity scan against `orjson.loads` of the same bytes."""
    validator = Validator()
    ratios, scans = [], []
    for label, text in published():
        value = orjson.loads(text)
        if validator.pass_fast(value) is None:
            sys.stdout.write(f"{label}: judged by the explaining pass\n")
            continue
        parse = median(lambda t=text: orjson.loads(t), rounds, 200)  # type: ignore[misc]
        check = median(lambda v=value: validator.judge(v), rounds, 100)  # type: ignore[misc]
        scan = median(lambda t=text, v=value: intact(t, v), rounds, 100)  # type: ignore[misc]
        ratios.append(check / parse)
        scans.append(scan / parse)
        say(
            f"{label} ({len(text) / 1000:.1f} kB)",
            f"x{check / parse:.2f} scan x{scan / parse:.2f}",
            "",
            None,
        )
    if ratios:
        worst, middle = max(ratios), statistics.median(ratios)
        say("published EOBs, validation: median of ratios", f"x{middle:.2f}", "<= x5", middle <= 5)
        say("published EOBs, validation: worst ratio", f"x{worst:.2f}", "<= x5", worst <= 5)
        scan_worst = max(scans)
        say("published EOBs, integrity scan: worst", f"x{scan_worst:.2f}", "<= x3", scan_worst <= 3)
    varied(validator, rounds)


def varied(validator: Validator, rounds: int) -> None:
    """The same on claims that are all different, with and without memory of codes."""
    texts = distinct(400)
    values = [orjson.loads(t) for t in texts]
    validator.judge(values[0])

    def parsing() -> None:
        for text in texts:
            orjson.loads(text)

    def judging() -> None:
        for value in values:
            validator.judge(value)

    parse = median(parsing, rounds, 5)
    warm = median(judging, rounds, 2)

    def cold() -> None:
        forget(validator)
        for value in values:
            validator.judge(value)

    first = median(cold, rounds, 1)
    say("400 distinct claims, validation", f"x{warm / parse:.2f}", "<= x5", warm <= 5 * parse)
    say("the same, codes met for the first time", f"x{first / parse:.2f}", "", None)
    say("resources a second on one core (no parsing)", f"{len(texts) / warm:,.0f}", "", None)


_FIRST = """
import sys, time, orjson
text = open(sys.argv[1], "rb").read()
start = time.process_time()
from payerproof.guides.validator import Validator
loaded = time.process_time()
result = Validator().judge(orjson.loads(text))
assert result.valid
print(loaded - start, time.process_time() - loaded)
"""


def cold(rounds: int) -> None:
    """Import time, and the first validation in a fresh process."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    bare = _process("pass", rounds, env)
    package = _process("import payerproof.guides", rounds, env)
    say(
        "import payerproof.guides",
        f"{(package - bare) * 1000:.0f} ms",
        "< 150 ms",
        package - bare < 0.15,
    )
    whole = _process("import payerproof.guides.validator", rounds, env)
    say("import payerproof.guides.validator", f"{(whole - bare) * 1000:.0f} ms", "", None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "claim.json"
        path.write_bytes(orjson.dumps(CLAIM))
        taken = []
        for _ in range(rounds):
            answer = subprocess.run(
                [sys.executable, "-c", _FIRST, str(path)],
                env=env,
                capture_output=True,
                check=True,
                text=True,
            )
            taken.append(float(answer.stdout.split()[1]))
    first = statistics.median(taken)
    say(
        "first validation of a profile, compile included",
        f"{first * 1000:.0f} ms",
        "< 1 s",
        first < 1,
    )
    say(
        "the same against the demand for a cached one",
        f"{first * 1000:.0f} ms",
        "< 100 ms",
        first < 0.1,
    )


def _process(code: str, rounds: int, env: dict[str, str]) -> float:
    """Median seconds of processor time of a fresh process."""
    taken = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], env=env, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(taken)


def write_export(path: Path, megabytes: int) -> None:
    """An NDJSON file of claims whose ids never come again."""
    block = b"\n".join(distinct(2000)) + b"\n"
    with path.open("wb") as stream:
        at = 0
        while stream.tell() < megabytes * 1_000_000:
            stream.write(block.replace(b'"claim-', b'"claim-%d-' % at))
            at += 1


def export(megabytes: int, rounds: int) -> None:
    """An NDJSON export with one and two processes in turn, and the memory of all of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ExplanationOfBenefit.ndjson"
        write_export(path, megabytes)
        size = path.stat().st_size / 1e6
        walls: dict[int, list[float]] = {1: [], 2: []}
        spent: dict[int, list[float]] = {1: [], 2: []}
        peak = Peak()
        for _ in range(rounds):
            for jobs in (1, 2):
                before, start = processor_time(), time.perf_counter()
                with peak:
                    summary = bulk.judge_files([path], bulk.Settings(), jobs)
                walls[jobs].append(time.perf_counter() - start)
                spent[jobs].append(processor_time() - before)
        for jobs in (1, 2):
            wall, cpu = statistics.median(walls[jobs]), statistics.median(spent[jobs])
            say(
                f"{size:.0f} MB NDJSON, {summary.resources} claims, {jobs} process(es)",
                f"{wall:.1f} s, {cpu:.1f} s cpu",
                f"{size / cpu:.0f} MB/s a core",
                None,
            )
        parallel(walls, spent)
        say(
            "memory: proportional set size of all processes, highest",
            f"{peak.megabytes:.0f} MB",
            "< 500 MB",
            peak.megabytes < 500,
        )


def parallel(walls: dict[int, list[float]], spent: dict[int, list[float]]) -> None:
    """What two processes gain: by the wall where cores are free, else by processor time."""
    gain = statistics.median(a / b for a, b in zip(walls[1], walls[2], strict=True))
    bound = statistics.median(2 * a / b for a, b in zip(spent[1], spent[2], strict=True))
    idle = os.getloadavg()[0] < (os.cpu_count() or 1) + 1
    met = gain >= 1.8 if idle else None
    say("two processes against one, wall", f"x{gain:.2f}", ">= x1.8", met)
    say(
        "the same by processor time, where cores are busy",
        f"x{bound:.2f}",
        ">= x1.8",
        bound >= 1.8,
    )


def processor_time() -> float:
    """Seconds of processor time of this process and of its finished children."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(u.ru_utime + u.ru_stime for u in map(resource.getrusage, kinds))


def main() -> None:
    """Run all parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--export-mb", type=int, default=100)
    parser.add_argument("--export-rounds", type=int, default=5)
    parser.add_argument("--only-export", action="store_true")
    options = parser.parse_args()
    if not options.only_export:
        speed(options.rounds)
        cold(options.rounds)
    export(options.export_mb, options.export_rounds)


if __name__ == "__main__":
    main()
