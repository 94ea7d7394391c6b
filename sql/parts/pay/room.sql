-- How many rows fit in the account's ledger between its newest row and now; null where it has none. A time without a
-- zone is in the mapping's.
pg_catalog.floor(extract(epoch FROM pg_catalog.date_bin('{at_step}'::interval, refund.at, timestamptz '1970-01-01 00:00Z') - (
    SELECT pg_catalog.max({at_column}::timestamptz)
    FROM {ledger} AS l
    WHERE {payer_column} {payer_eq} refund.account_id::{payer_type}
)) / extract(epoch FROM '{at_step}'::interval))
