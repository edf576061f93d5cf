"""Guides: compile FHIR packages to facts, facts to code, and judge resources with it."""
