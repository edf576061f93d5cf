"""A harness process and the sandbox it judges, as the defect tests use them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from payerproof.places import shipped
from payerproof.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Harness:
    """Judges tenants of one sandbox by one child process, restarted where it broke."""

    sandbox: Sandbox
    _child: subprocess.Popen[str] | None = field(default=None, repr=False)

    def judge(
        self,
        tenant: str,
        *,
        checks: Iterable[str] = (),
        areas: Iterable[str] = (),
        login: str = "hook",
        as_of: str = "",
        sandbox: Sandbox | None = None,
        payer: Path | None = None,
    ) -> dict[str, Any]:
        """Run checks (by id or by folder) against a tenant; `tests.matrix.child` has the answer.

        `sandbox` and `payer` stand for another sandbox and another payer file than its own. Raises
        `RuntimeError` with what was printed where the run did not end.
        """
        job = {
            "environment": (sandbox or self.sandbox).environment(tenant),
            "payer": str(payer or ""),
            "selection": {"checks": sorted(checks), "areas": sorted(areas)},
            "login": login,
            "as_of": as_of,
        }
        child = self._running()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(json.dumps(job) + "\n")
        child.stdin.flush()
        line = child.stdout.readline()
        if not line:
            self.close()
            raise RuntimeError(f"the harness process ended while it judged {tenant}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(
                f"{tenant} was not judged (exit code {answer['code']}):\n{answer['error']}"
            )
        return answer

    def _running(self) -> subprocess.Popen[str]:
        if self._child is None or self._child.poll() is not None:
            payer = shipped("profiles") / "payers" / "sandbox.toml"
            self._child = subprocess.Popen(
                [sys.executable, "-m", "tests.matrix.child", str(payer)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._child

    def close(self) -> None:
        """End the child process."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for stream in (self._child.stdin, self._child.stdout):
                if stream is not None:
                    stream.close()
            self._child = None
