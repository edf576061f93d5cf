"""The payer under test: its payer file, read and judged before anything is sent."""

from __future__ import annotations

from payerproof.target.errors import PayerFileError, Problem, SecretError
from payerproof.target.lint import missing_files, secrets_of, unresolved_secrets, warnings
from payerproof.target.load import load_target, payer_file, shipped_payers
from payerproof.target.models import Endpoints, Pages, Target
from payerproof.target.needs import NEEDS, needs
from payerproof.target.partners import Clinic, OtherPayer, Partner
from payerproof.target.people import (
    CONTROLS,
    App,
    Control,
    Expect,
    ExpectedAuthorization,
    ExpectedClaim,
    Persona,
    Recipe,
    Step,
)
from payerproof.target.secrets import Secret
from payerproof.target.settings import Limits, Permissions, Policy, Quirks, Tls

__all__ = [
    "CONTROLS",
    "NEEDS",
    "App",
    "Clinic",
    "Control",
    "Endpoints",
    "Expect",
    "ExpectedAuthorization",
    "ExpectedClaim",
    "Limits",
    "OtherPayer",
    "Pages",
    "Partner",
    "PayerFileError",
    "Permissions",
    "Persona",
    "Policy",
    "Problem",
    "Quirks",
    "Recipe",
    "Secret",
    "SecretError",
    "Step",
    "Target",
    "Tls",
    "load_target",
    "missing_files",
    "needs",
    "payer_file",
    "secrets_of",
    "shipped_payers",
    "unresolved_secrets",
    "warnings",
]
