"""``sweeper explain`` and ``sweeper history``."""
