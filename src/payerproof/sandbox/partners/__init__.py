"""What the payer offers to machines: Provider Access and Payer-to-Payer (42 CFR 422.121(a), (b)).

One FHIR base of its own, ``{tenant}/partner/fhir``, with its own authorization server: SMART
Backend Services for registered clinics and payers, attribution Groups and member matching
(Da Vinci PDex 2.2.0), and Bulk Data exports. No member's token opens it, and no token of it opens
the members' API.
"""
