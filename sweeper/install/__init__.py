"""``sweeper install``: tables, indexes, functions and grants, and whether they are there."""
