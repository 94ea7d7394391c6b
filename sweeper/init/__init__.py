"""``sweeper init``: drafts a first ``sweeper.toml`` from a database, with the open questions marked."""
