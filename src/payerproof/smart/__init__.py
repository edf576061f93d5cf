"""SMART App Launch and OAuth 2.0 spoken by hand.

A tester must send wrong requests on purpose, so nothing here refuses to build one: a request is a
list of parameters, an answer is what came back, and judging is left to `payerproof.expect`.
"""
