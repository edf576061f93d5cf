"""The payer of the sample run: its header, and the answer it gives."""

from __future__ import annotations

from typing import Any

BASE = "https://sandbox.payer.example/fhir"
SECRET = "correct-horse-battery-staple"

HEADER: dict[str, Any] = {
    "run": "20261121T140200Z-7f3c19",
    "started": "2026-11-21T14:02:00.000Z",
    "suite_version": "0.1.0",
    "edition": "2026-10",
    "as_of": "2026-11-21",
    "command": "payerproof run sandbox --as-of 2026-11-21",
    "environment": {"python": "3.11.9", "platform": "Linux x86_64", "browser": "Chromium 147"},
    "operator": "Jordan Example, quality assurance",
    "organisation": "Example Health Plan",
    "target": {
        "name": "Example Health Plan",
        "programmes": ["MA", "QHP_FFE"],
        "state": "OR",
        "environment": "sandbox",
        "endpoints": {
            "patient_access": BASE,
            "provider_access": "https://sandbox.payer.example/provider/fhir",
            "directory": "https://sandbox.payer.example/directory/fhir",
        },
        "pages": {"member_education": "https://sandbox.payer.example/your-data"},
        "synthetic": True,
        "digest": "5b1f" * 16,
    },
    "guides": {"smart": "2.2.0", "carin_bb": "2.1.0", "us_core": "6.1.0"},
    "selection": None,
    "limits": {"requests_per_second": 5.0, "concurrency": 4, "deadline_seconds": 30},
    "policy": {"date_floor": "2016-01-01", "revocation_limit_seconds": 3600},
    "personas": [
        {"id": "ada", "role": "member", "synthetic": True},
        {"id": "cho", "role": "member", "synthetic": True},
        {"id": "gus", "role": "representative", "synthetic": True},
    ],
    "apps": [
        {"id": "pocket", "type": "public"},
        {"id": "ledger", "type": "confidential-symmetric"},
    ],
    "login": "browser",
    "exam_digest": "a1b2" * 16,
    "environment_digest": "c3d4" * 16,
}


BUNDLE = """{
  "resourceType": "Bundle",
  "type": "searchset",
  "total": 3,
  "entry": [
    {
      "fullUrl": "«url, 61 characters»",
      "resource": {
        "resourceType": "ExplanationOfBenefit",
        "id": "«id 77ab02»",
        "status": "active",
        "patient": {"reference": "Patient/«member id 9d20ff»"}
      }
    }
  ]
}"""
