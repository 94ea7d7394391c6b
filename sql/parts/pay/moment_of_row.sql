-- The time of a row in a chain: the last of its account is of now, and each before it earlier by what the column tells apart.
-- Never later than now, as a column that rounds up would have it.
pg_catalog.date_bin('{at_step}'::interval, p.at, timestamptz '1970-01-01 00:00Z') - p.behind::float8 * '{at_step}'::interval
