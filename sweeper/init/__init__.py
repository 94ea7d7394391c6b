"""``sweeper init``: what a database tells of an app, as a first ``sweeper.toml`` with the open questions marked."""
