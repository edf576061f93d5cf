"""payerproof: a conformance and privacy test harness for US health payers' FHIR APIs."""
