"""``sweeper audit``: the books of a period, the position now, and the findings."""
