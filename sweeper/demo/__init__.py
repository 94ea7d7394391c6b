"""The demo: a throw-away Postgres, and an app on it whose layers fail in every way."""
