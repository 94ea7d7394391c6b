-- Reports whether sweeper's own ledger has refunds, whether they have attempts, and whether they are of sessions of
-- this table.
{if by_account}
SELECT known.has_refunds,
       known.has_attempts,
       NOT known.has_refunds OR known.of_sessions AS of_sessions,
       NOT known.of_sessions OR known.of_attempts AS of_attempts
FROM (
    SELECT coalesce((SELECT true FROM {refunds} AS r LIMIT 1), false) AS has_refunds,
           coalesce((
               SELECT true
               FROM {refunds} AS r
               WHERE r.attempt::text NOT IN ('', '0')
               LIMIT 1
           ), false) AS has_attempts,
           coalesce((
               SELECT true
               FROM {refunds} AS r
               JOIN {sessions} AS s ON {account} {account_eq} r.account_id AND ({old_session_id})::text = r.session_id::text
               LIMIT 1
           ), false) AS of_sessions,
           coalesce((
               SELECT true
               FROM {refunds} AS r
               JOIN {sessions} AS s ON {account} {account_eq} r.account_id AND ({old_session_id})::text = r.session_id::text
               WHERE r.attempt::text = ({attempt})::text
               LIMIT 1
           ), false) AS of_attempts
) AS known
{else}
WITH known AS MATERIALIZED (
    SELECT EXISTS (SELECT FROM {refunds}) AS has_refunds,
           -- an older ledger has attempts as text, empty where there was none
           EXISTS (
               SELECT
               FROM {refunds} AS r
               WHERE pg_catalog.regexp_replace(r.attempt::text, ' \(again [0-9]+\)$', '') NOT IN ('', '0')
           ) AS has_attempts,
           EXISTS (
               SELECT
               {include refunds_beside_sessions}
               WHERE coalesce(r.refund_id IS NOT NULL AND mapped.session_id IS NOT NULL, false)
           ) AS of_sessions
)
SELECT known.has_refunds,
       known.has_attempts,
       NOT known.has_refunds OR known.of_sessions AS of_sessions,
       NOT known.of_sessions OR EXISTS (
           SELECT
           {include refunds_beside_sessions}
           WHERE coalesce(
               pg_catalog.regexp_replace(r.attempt::text, ' \(again [0-9]+\)$', '') = mapped.attempt,
               false
           )
       ) AS of_attempts
FROM known
{end}
