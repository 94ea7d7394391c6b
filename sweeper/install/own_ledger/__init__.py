"""Sweeper's own tables: whether they are complete, and hold the refunds of the mapped sessions under the mapped key."""
