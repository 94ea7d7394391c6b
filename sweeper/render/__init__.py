"""Results as tables, JSON and HTML; knows nothing of Postgres."""
