"""``sweeper run``.

One batch, from finding to commit: ``sweep.py`` finds what is owed, a page at a time, and hands it to ``batches.py``,
which takes one batch after the other from it. ``batch.py`` locks a batch, looks again, pays, compares and commits. The
statements are in ``sql/run/``; ``pay.sql`` is the one that pays.
"""
