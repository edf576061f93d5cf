"""What the payer publishes for everybody: the provider directory and the drug formulary.

Two FHIR bases of their own, ``{tenant}/directory/fhir`` (Plan-Net 1.2.0) and
``{tenant}/formulary/fhir`` (Drug Formulary 2.1.0), open without login, key or cookie
(42 CFR 422.120). Nothing of any member is behind them, and nothing of who asks is kept.
"""
