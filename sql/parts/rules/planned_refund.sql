-- The refund that a run would make of a session, v, before it has an id.
NULL::uuid AS refund_id,
v.session_id,
v.account_id,
v.attempt,
v.amount,
{include reason} AS reason,
pg_catalog.left(v.error, 1000) AS detail,
'sweeper'::text AS layer,
NULL::uuid AS run_id,
%(as_of)s::timestamptz AS at
