"""The differential test against the HL7 validator: ``python bench/oracle/run.py [--guide NAME]``.

Needs Java 17 and Maven Central (``mvn`` fetches the validator once); without them it reads "not
run". Both judge the same resources: the published examples of a guide and single-fault mutants of
them. Printed are agreement on whether a resource has errors, every difference, and the speed.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from payerproof.guides.validator import Validator  # noqa: E402
from tests.guides.mutants import mutants  # noqa: E402 - the checkout's own test data
from tests.guides.shared import GUIDES, definitions, examples, shared_folder  # noqa: E402

NEEDS = {
    "carin-bb-2.1.0": ("us-core-6.1.0",),
    "us-core-6.1.0": (),
    "pdex-2.1.0": ("us-core-7.0.0", "hrex-1.1.0", "carin-bb-2.1.0"),
}
"""Guide -> the guides that HL7's validator has to load with it."""


def classpath() -> str | None:
    """The class path of the HL7 validator, fetched when it is not there; None without Java."""
    if shutil.which("java") is None or shutil.which("mvn") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        listing = Path(folder) / "classpath"
        done = subprocess.run(
            [
                "mvn",
                "-q",
                "-B",
                "-f",
                str(HERE / "pom.xml"),
                "dependency:build-classpath",
                f"-Dmdep.outputFile={listing}",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        return listing.read_text() if done.returncode == 0 else None


def resources(guide: str, validator: Validator, limit: int) -> dict[str, Any]:
    """Name -> resource: the examples, then mutants of every kind."""
    out = {name.removesuffix(".json"): value for name, value in examples(guide)}
    known = definitions(guide)
    count: Counter[tuple[str, str]] = Counter()
    for name, value in examples(guide):
        for address in value.get("meta", {}).get("profile", []):
            profile = known.get(address.split("|")[0])
            if profile is None or not validator.judge(value).valid:
                continue
            for mutant in mutants(profile, value, known):
                key = (mutant.kind, mutant.profile)
                if count[key] < 1 and sum(count.values()) < limit:
                    count[key] += 1
                    label = mutant.kind.replace(" ", "-")
                    out[f"mutant-{label}-{sum(count.values())}-{name.removesuffix('.json')}"] = (
                        mutant.resource
                    )
    return out


def theirs(folder: Path, guide: str, path: str, rounds: int) -> tuple[dict[str, list[str]], float]:
    """File -> error messages of the HL7 validator, and its median warm microseconds."""
    classes, output = folder / "classes", folder / "out.tsv"
    subprocess.run(
        [
            "javac",
            "-d",
            str(classes),
            "-cp",
            path,
            str(HERE / "src/main/java/payerproof/Oracle.java"),
        ],
        check=True,
    )
    shared = shared_folder()
    packages = [
        str(next(iter(shared.rglob(GUIDES[g][0]))))  # type: ignore[union-attr]  # checked by main
        for g in (*NEEDS[guide], guide)
    ]
    subprocess.run(
        [
            "java",
            "-Xmx2g",
            "-cp",
            f"{classes}:{path}",
            "payerproof.Oracle",
            str(folder / "in"),
            str(output),
            str(rounds),
            *packages,
        ],
        check=True,
        capture_output=True,
    )
    errors: dict[str, list[str]] = defaultdict(list)
    times = []
    for line in output.read_text(encoding="utf-8").splitlines():
        name, severity, where, message = [*line.split("\t"), "", "", ""][:4]
        if severity == "time":
            times.append(float(where))
        elif severity in ("error", "fatal"):
            errors[name].append(f"{where}: {message}")
    return errors, sorted(times)[len(times) // 2] if times else 0.0


def main() -> None:
    """Judge, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--guide", choices=sorted(NEEDS), default="carin-bb-2.1.0")
    parser.add_argument("--mutants", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    path = classpath() if shared_folder() is not None else None
    if path is None:
        sys.stdout.write("not run: Java 17, Maven Central or the published packages are missing\n")
        return
    validator = Validator(GUIDES[options.guide][1])
    judged = resources(options.guide, validator, options.mutants)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        for label, value in judged.items():
            (folder / "in" / f"{label}.json").write_text(json.dumps(value), encoding="utf-8")
        errors, median = theirs(folder, options.guide, path, options.rounds)
    report(validator, judged, errors, median)


def report(
    validator: Validator, judged: dict[str, Any], errors: dict[str, list[str]], median: float
) -> None:
    """The table of differences, agreement and speed."""
    table: Counter[tuple[bool, bool]] = Counter()
    taken = []
    for label, value in sorted(judged.items()):
        result = validator.judge(value)
        start = time.perf_counter()
        result = validator.judge(value)
        if not label.startswith("mutant"):
            taken.append((time.perf_counter() - start) * 1e6)
        other = errors.get(f"{label}.json", [])
        table[(bool(result.errors), bool(other))] += 1
        if bool(result.errors) != bool(other):
            own = [f"{f.rule} {f.location}" for f in result.errors][:2]
            sys.stdout.write(
                f"{label}\n  payerproof: {own or 'valid'}\n  HL7: {other[:2] or 'valid'}\n"
            )
    same = table[(True, True)] + table[(False, False)]
    total = sum(table.values())
    mine = sorted(taken)[len(taken) // 2]
    sys.stdout.write(
        f"agreement {same} of {total} ({100 * same / total:.1f} %): both errors "
        f"{table[(True, True)]}, both valid {table[(False, False)]}, only payerproof "
        f"{table[(True, False)]}, only HL7 {table[(False, True)]}\n"
        f"median of the examples, warm: payerproof {mine:.0f} us, HL7 {median:.0f} us, "
        f"x{median / mine:.0f} (demanded: at least x50)\n"
    )


if __name__ == "__main__":
    main()
