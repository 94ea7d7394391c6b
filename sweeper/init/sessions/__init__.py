"""The sessions: their table, status and times."""
