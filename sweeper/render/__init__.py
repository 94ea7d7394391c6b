"""Results as people and programs read them; nothing in here knows of Postgres."""
