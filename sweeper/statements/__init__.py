"""The statements that sweeper sends, for people: listed, and filled with a mapping as scripts for psql."""
