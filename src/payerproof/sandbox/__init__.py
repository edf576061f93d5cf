"""The payer that ships with payerproof: complete, correct, over HTTPS on loopback."""
