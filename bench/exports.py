"""A large clinic's export against the clock: ``python bench/exports.py [--resources 1000000]``.

A payer on loopback attributes a tenth as many members to a Group and exports the resources as
NDJSON. The harness reads the Group, asks for the export, waits, fetches every file to disk and adds
up what the checks of Provider Access ask: members, strangers, lost references, ids that come twice,
money. Some strangers and amounts are planted, and have to be found, each of them.

The figure demanded is that of the validator: reading with those sums is set against judging the
same files by their profiles, and against both at once.
"""

from __future__ import annotations

import argparse
import copy
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import orjson

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from memory import Peak  # noqa: E402

from guides import processor_time, say  # noqa: E402 - beside this file
from payerproof.expect.holdings import Content, Holdings  # noqa: E402
from payerproof.fhir.bulk import Export, Exports  # noqa: E402
from payerproof.fhir.client import FhirClient  # noqa: E402
from payerproof.fhir.matching import members_in  # noqa: E402
from payerproof.guides import bulk  # noqa: E402
from payerproof.polite import Http  # noqa: E402
from payerproof.record import Recorder  # noqa: E402
from payerproof.redact import Redactor  # noqa: E402
from payerproof.target import Limits, Tls  # noqa: E402
from tests.guides.people import CLAIM  # noqa: E402 - the checkout's own test data

PER_FILE = 10_000
STRANGERS, AMOUNTS = 3, 5
"""Planted: lines about patients who are not in the Group, and claims with an amount."""
BASIS = (
    "http://hl7.org/fhir/us/carin-bb/StructureDefinition/"
    "C4BB-ExplanationOfBenefit-Pharmacy-Basis|2.1.0"
)


# -- the payer ------------------------------------------------------------------------------------


def claim() -> dict[str, Any]:
    """A claim of some six kilobytes without money."""
    value = copy.deepcopy(CLAIM)
    value["meta"]["profile"] = [BASIS]
    for name in ("total", "payment"):
        value.pop(name, None)
    line = value["item"][0]
    line.pop("adjudication", None)
    line["quantity"] = {"value": 30, "unit": "{each}"}
    value["item"] = [
        {**copy.deepcopy(line), "sequence": at, "noteNumber": [1], "informationSequence": [1, 2]}
        for at in range(1, 25)
    ]
    value["processNote"] = [{"number": 1, "text": "Dispensed as written."}]
    return value


def lines(first: int, last: int, members: int) -> Iterator[bytes]:
    """Resources by number: one Patient for each member, then claims in turn."""
    text = orjson.dumps(claim())
    text = text.replace(b'"claim-1"', b'"claim-%d"').replace(b'"Patient/ada"', b'"Patient/m%d"')
    text = text.replace(b'"Coverage/ada"', b'"Coverage/v%d"')
    patient = b'{"resourceType":"Patient","id":"m%d","gender":"unknown"}'
    for number in range(first, last):
        if number < members:
            yield patient % number
            continue
        at = number - members
        whose = members + at if at < STRANGERS else at % members
        line = text % (number, whose, whose)
        if at >= STRANGERS and at < STRANGERS + AMOUNTS:
            line = line.replace(
                b'"quantity"', b'"net":{"value":9.5,"currency":"USD"},"quantity"', 1
            )
        yield line


class Payer(BaseHTTPRequestHandler):
    """Group, kick-off, status and files, made as they are asked for."""

    protocol_version = "HTTP/1.1"
    resources = 0

    def do_GET(self) -> None:
        """Answer."""
        steps = self.path.partition("?")[0].strip("/").split("/")
        members = self.resources // 10
        if steps[-1] == "g1":
            entries = [{"entity": {"reference": f"Patient/m{at}"}} for at in range(members)]
            group = {"resourceType": "Group", "id": "g1", "type": "person", "actual": True}
            self._send(200, orjson.dumps({**group, "member": entries}))
        elif steps[-1] == "$export":
            self._send(202, b"", ("Content-Location", f"{self._base}/job"))
        elif steps[-1] == "job":
            self._send(200, orjson.dumps(self._manifest(members)), ("Retry-After", "0"))
        else:
            first = int(steps[-1])
            last = min(first + PER_FILE, members if first < members else self.resources)
            body = b"\n".join(lines(first, last, members)) + b"\n"
            self._send(200, body, ("Content-Type", "application/fhir+ndjson"))

    @property
    def _base(self) -> str:
        host, port = cast("tuple[str, int]", self.server.server_address)
        return f"http://{host}:{port}"

    def _manifest(self, members: int) -> dict[str, Any]:
        starts = [*range(0, members, PER_FILE), *range(members, self.resources, PER_FILE)]
        kinds = [("Patient" if at < members else "ExplanationOfBenefit", at) for at in starts]
        output = [{"type": kind, "url": f"{self._base}/file/{at}"} for kind, at in kinds]
        return {"requiresAccessToken": True, "output": output, "error": []}

    def _send(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers or [("Content-Type", "application/fhir+json")]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def serve(resources: int) -> None:
    """Be the payer until the input ends; tells its port first."""
    Payer.resources = resources
    server = ThreadingHTTPServer(("127.0.0.1", 0), Payer)
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


# -- the harness ----------------------------------------------------------------------------------


def fetched(port: int, folder: Path) -> tuple[Export, tuple[str, ...]]:
    """The export with its files on disk, and the members of the Group."""
    redactor = Redactor(b"k" * 32, keep_bodies=False)
    limits = Limits(requests_per_second=200, concurrency=4, deadline_seconds=600)
    http = Http(Recorder(folder / "segment.jsonl", redactor, "bench"), limits, Tls())
    client = FhirClient(http, f"http://127.0.0.1:{port}", "token-of-the-bench")
    group = client.read("Group", "g1")
    exports = Exports(client, folder / "files", patience=600)
    return exports.made("Group/g1/$export"), tuple(members_in(group.body))


def judged(paths: list[Path], settings: bulk.Settings, jobs: int) -> tuple[float, float, Any]:
    """Seconds by the wall and of processor, and the summary."""
    before, start = processor_time(), time.perf_counter()
    summary = bulk.judge_files(paths, settings, jobs)
    return time.perf_counter() - start, processor_time() - before, summary


def added_up(paths: list[Path]) -> float:
    """Seconds of processor for the sums alone, read in this process."""
    before, sums = time.process_time(), Holdings()
    for path in paths:
        with path.open("rb") as stream:
            for line in stream:
                sums.see(line, orjson.loads(line))
    return time.process_time() - before


def bench(resources: int, rounds: int, port: int) -> None:
    """Fetch, then judge in turns."""
    with tempfile.TemporaryDirectory() as name:
        folder, peak = Path(name), Peak()
        with peak:
            start = time.perf_counter()
            export, members = fetched(port, folder)
            took = time.perf_counter() - start
        paths = [Path(file.path) for file in export.files]
        size = sum(path.stat().st_size for path in paths) / 1e6
        say(f"{len(members)} members, {resources} resources fetched", f"{took:.0f} s", "", None)
        say("their size", f"{size:.0f} MB", "", None)
        alone, both = [], []
        content: Content | None = None
        for _ in range(rounds):
            with peak:
                alone.append(judged(paths, bulk.Settings(), 2))
                both.append(judged(paths, bulk.Settings(beside=Holdings), 2))
            content = both[-1][2].beside.content(members)
        sample = paths[-max(1, len(paths) // 10) :]
        sums = added_up(sample) * size / (sum(p.stat().st_size for p in sample) / 1e6)
        assert content is not None
        told(content, size, alone, both, sums, peak)


def told(content: Content, size: float, alone: Any, both: Any, sums: float, peak: Peak) -> None:
    """The figures, and whether all that was planted was found."""
    judging = statistics.median(cpu for _, cpu, _ in alone)
    together = statistics.median(cpu for _, cpu, _ in both)
    amounts = sum(content.money_of("remittance", "cost sharing").values())
    right = content.strangers == STRANGERS and amounts == AMOUNTS and not content.alone
    say("planted strangers and amounts found", f"{content.strangers}, {amounts}", "all", right)
    wall = statistics.median(wall for wall, _, _ in both)
    say("validation and sums, two processes", f"{wall:.0f} s", f"{size / wall:.0f} MB/s", None)
    say("validation alone", f"{size / judging:.0f} MB/s a core", "", None)
    say("the sums alone, with parsing", f"{size / sums:.0f} MB/s a core", "", None)
    ratio = sums / judging
    say("the sums against validation", f"x{ratio:.2f}", "<= x1.2", ratio <= 1.2)
    say("both at once against validation", f"x{together / judging:.2f}", "", None)
    say(
        "memory of all processes, proportional set size, highest",
        f"{peak.megabytes:.0f} MB",
        "< 500 MB",
        peak.megabytes < 500,
    )


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resources", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--serve", action="store_true", help="be the payer (used by the bench)")
    parser.add_argument("--port", type=int, default=0, help="of a payer that runs already")
    options = parser.parse_args()
    if options.serve:
        serve(options.resources)
        return
    if options.port:
        bench(options.resources, options.rounds, options.port)
        return
    # the payer is no child of the process that is measured
    command = [sys.executable, __file__, "--resources", str(options.resources)]
    payer = subprocess.Popen(
        [*command, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert payer.stdout is not None
    port = json.loads(payer.stdout.readline())
    try:
        rounds = ["--rounds", str(options.rounds)]
        subprocess.run([*command, *rounds, "--port", str(port)], check=True)
    finally:
        payer.communicate("")


if __name__ == "__main__":
    main()
