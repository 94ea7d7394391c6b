-- Seconds since 1970 as a time.
to_timestamp({column})
