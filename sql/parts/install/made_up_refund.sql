-- The refund of a made-up session, as a row.
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
