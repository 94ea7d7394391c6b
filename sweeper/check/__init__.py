"""``sweeper check``: everything that can be wrong before a run, each with the command that fixes it; writes nothing."""
