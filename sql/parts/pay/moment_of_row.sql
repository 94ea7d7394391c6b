-- The time of a row in a chain: the last of its account has the current time, and each before it is earlier by the
-- smallest step that the column can hold. Rounded down, so that it is never later than now.
pg_catalog.date_bin('{at_step}'::interval, p.at, timestamptz '1970-01-01 00:00Z') - p.behind::float8 * '{at_step}'::interval
