"""How long a step of a journey may take."""

STEP_SECONDS = 15.0
"""Until something must have happened after a button was pressed."""
IDLE_SECONDS = 4.0
"""Until a page of no known kind must have moved on by itself."""
