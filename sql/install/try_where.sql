-- Whether the row that the refund of a made-up session writes to the app's ledger, l, is a refund by `ledger.where`: no row
-- of the app's is read, and none is written.
SELECT (
           SELECT ({ledger_where}) IS TRUE
           FROM (SELECT {each written ", "}({value})::{type} AS {column}{end}) AS l
       ) AS matches,
       EXISTS (
           SELECT
           FROM pg_catalog.pg_trigger AS t
           WHERE t.tgrelid = %(table_oid)s::oid AND t.tgtype::int & 7 = 7 AND NOT t.tgisinternal  -- BEFORE INSERT, each row
       ) AS may_change
FROM (
    SELECT pg_catalog.gen_random_uuid() AS refund_id,
           %(session_id)s::text::{session_type} AS session_id,
           %(account_id)s::text::{account_type} AS account_id,
           NULL::{attempt_type} AS attempt,
           %(amount)s::text::{amount_type} AS amount,
           'stuck'::text AS reason,
           'an error'::text AS detail,
           'sweeper'::text AS layer,
           pg_catalog.gen_random_uuid() AS run_id,
           pg_catalog.clock_timestamp() AS at
) AS refund
