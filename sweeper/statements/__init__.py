"""``sweeper sql``: the statements, listed, and filled with a mapping as scripts for psql."""
