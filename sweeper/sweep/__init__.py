"""``sweeper run``.

One batch, from finding to commit: ``sweep.py`` has the loops over pages and batches, ``owed_pages.py`` finds a page,
``batches.py`` tries a batch again where that helps, and ``batch.py`` locks it, looks again, pays, compares and commits.
The statements are in ``sql/run/``; ``pay.sql`` is the one that pays.
"""
