-- A refund in a chain: the last of its account is of now, and each before it earlier by what the column tells apart. Never
-- later than now, as a column that rounds up would have it.
p.refund_id, p.session_id, p.account_id, p.attempt, p.again, p.amount, p.reason, p.detail, p.layer, p.run_id,
pg_catalog.date_bin('{at_step}'::interval, p.at, timestamptz '1970-01-01 00:00Z') - p.behind::float8 * '{at_step}'::interval AS at,
p.failed_at, p.stuck
