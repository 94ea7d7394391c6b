-- Milliseconds since 1970 as a time.
to_timestamp({column} / 1000.0)
