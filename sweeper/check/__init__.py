"""``sweeper check``: everything that can be wrong before a run, each with the command that fixes it; writes nothing.

`checks.py` has the items in order; `rehearsal/` compares the file with the app's own past.
"""
