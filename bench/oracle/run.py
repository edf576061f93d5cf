"""The differential test against the HL7 validator: ``python bench/oracle/run.py [--guide NAME]``.

Without a name: the small resources of ``tests/guides/base_cases.txt`` against R4 alone ("r4"),
then the guides.

Needs Java 17, Maven Central (``mvn`` fetches the validator once) and the published packages, which
lie in the folder that PAYERPROOF_SHARED names, else in ``shared`` beside the checkout. What is
missing is named, and it reads "not run". Both judge the same resources: the published examples of
a guide and single-fault mutants of them. Printed are agreement on whether a resource has errors,
every difference, and the speed.
"""

from __future__ import annotations

import argparse
import json
import re
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

from payerproof.guides.findings import Result  # noqa: E402
from payerproof.guides.validator import Validator  # noqa: E402
from tests.guides.mutants import mutants  # noqa: E402 - the checkout's own test data
from tests.guides.shared import GUIDES, definitions, examples, shared_folder  # noqa: E402
from tests.guides.test_base import cases  # noqa: E402

NEEDS: dict[str, tuple[str, ...]] = {
    "r4": (),
    "carin-bb-2.1.0": ("us-core-6.1.0",),
    "us-core-6.1.0": (),
    "pdex-2.1.0": ("us-core-7.0.0", "hrex-1.1.0", "carin-bb-2.1.0"),
}
"""Guide -> the guides that HL7's validator has to load with it."""


def classpath() -> str | None:
    """The class path of the HL7 validator, fetched when it is not there; None where it can't be."""
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
    if guide == "r4":
        return {f"case-{at:03}": text for at, (_, text) in enumerate(cases())}
    out: dict[str, Any] = {name.removesuffix(".json"): value for name, value in examples(guide)}
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
        if g != "r4"
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
    parser.add_argument("--guide", choices=sorted(NEEDS), default=None)
    parser.add_argument("--mutants", type=int, default=150)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if shared_folder() is None:
        sys.stdout.write("not run: no published packages; name their folder in PAYERPROOF_SHARED\n")
        return
    if (absent := [name for name in ("java", "mvn") if shutil.which(name) is None]) != []:
        sys.stdout.write(f"not run: {' and '.join(absent)} cannot be found\n")
        return
    path = classpath()
    if path is None:
        sys.stdout.write(
            "not run: Maven could not fetch the validator; is its registry in reach?\n"
        )
        return
    for guide in [options.guide] if options.guide else NEEDS:
        compare(guide, path, options.mutants, options.rounds)


def compare(guide: str, path: str, mutants_wanted: int, rounds: int) -> None:
    """One guide's resources through both validators."""
    sys.stdout.write(f"== {guide}\n")
    validator = Validator(GUIDES[guide][1] if guide in GUIDES else {})
    judged = resources(guide, validator, mutants_wanted)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        for label, value in judged.items():
            text = value if isinstance(value, bytes) else json.dumps(value).encode()
            (folder / "in" / f"{label}.json").write_bytes(text)
        errors, median = theirs(folder, guide, path, rounds)
    report(validator, judged, errors, median)


def ours(validator: Validator, value: Any) -> Result:
    """Our verdict on a parsed resource, or on a text as sent."""
    return validator.judge_text(value) if isinstance(value, bytes) else validator.judge(value)


def cause(result: Result, other: list[str]) -> str:
    """A difference in short: who sees an error, and which."""
    if result.errors:
        return f"only payerproof: {', '.join(sorted({f.rule for f in result.errors}))}"
    message = re.sub(r"'[^']*'|http\\S+|\\d+", "…", other[0].partition(": ")[2])
    return f"only HL7: {message[:110]}"


def report(
    validator: Validator, judged: dict[str, Any], errors: dict[str, list[str]], median: float
) -> None:
    """The table of differences, agreement and speed."""
    table: Counter[tuple[bool, bool]] = Counter()
    causes: Counter[str] = Counter()
    taken = []
    for label, value in sorted(judged.items()):
        result = ours(validator, value)
        start = time.perf_counter()
        result = ours(validator, value)
        if not label.startswith("mutant"):
            taken.append((time.perf_counter() - start) * 1e6)
        other = errors.get(f"{label}.json", [])
        table[(bool(result.errors), bool(other))] += 1
        if bool(result.errors) != bool(other):
            own = [f"{f.rule} {f.location}" for f in result.errors][:2]
            causes[cause(result, other)] += 1
            sys.stdout.write(
                f"{label}\n  payerproof: {own or 'valid'}\n  HL7: {other[:2] or 'valid'}\n"
            )
    for name, count in causes.most_common():
        sys.stdout.write(f"{count:4} {name}\n")
    same = table[(True, True)] + table[(False, False)]
    total = sum(table.values())
    mine = sorted(taken)[len(taken) // 2]
    sys.stdout.write(
        f"agreement {same} of {total} ({100 * same / total:.1f} %): both errors "
        f"{table[(True, True)]}, both valid {table[(False, False)]}, only payerproof "
        f"{table[(True, False)]}, only HL7 {table[(False, True)]}\n"
    )
    if any(isinstance(value, bytes) for value in judged.values()):
        return  # small faulty texts say nothing about speed
    sys.stdout.write(
        f"median of the examples, warm: payerproof {mine:.0f} us, HL7 {median:.0f} us, "
        f"x{median / mine:.0f} (demanded: at least x50)\n"
    )


if __name__ == "__main__":
    main()
