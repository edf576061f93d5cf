"""A member's browser: logs test members in, reads consent pages, revokes apps, and observes.

`agent` has the interface that checks use; `broker` and `client` put a run's browsers behind all its
workers, `lanes` says which member uses which; `engine` finds or installs the browser. Nothing here
is imported until it is needed.
"""
