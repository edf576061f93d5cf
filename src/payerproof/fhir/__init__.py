"""FHIR R4 spoken to the payer: requests, replies, a member's record and its markers."""
