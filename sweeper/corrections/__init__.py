"""``sweeper revert`` and ``sweeper adopt``."""
