"""The matrix: every defect of the sandbox against every check, and what it proves."""
