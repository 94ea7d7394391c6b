"""``sweeper run``.

One batch, from finding to commit: ``sweep.py`` has the loops over pages and batches, ``owed_pages.py`` finds a page,
and ``batch.py`` locks a batch, looks again, pays, compares and commits. The statements are in ``sql/run/``; ``pay.sql``
is the one that pays.
"""
