-- The result of the statement that pays, in one row.
SELECT (SELECT pg_catalog.count(*) FROM sweeper_looked WHERE verdict = 'refunded') AS refunded_before,
       written.*,
       booked.sessions AS booked,
       booked.guarded,{if chained}
       (
           SELECT coalesce(pg_catalog.bool_or(c.chain_rounds), false)
           FROM sweeper_chain AS c
       ) AS chain_rounds,{end}
       (
           SELECT pg_catalog.min(least(v.started_at::timestamptz, %(as_of)s::timestamptz))  -- what is not owed yet
           FROM sweeper_looked AS v
           WHERE v.verdict IN ('in_grace', 'not_stuck_yet')
       ) AS unripe_from,
       paid.*,
       moved.*,
       held.*,
       busy.*
FROM (
    SELECT coalesce(pg_catalog.array_agg(f.session_id::text) FILTER (WHERE f.unfit IS NULL AND p.refund_id IS NULL), '{}')
               AS unpaid_sessions,
           -- a trigger of the app on the refunds may write anything else, but not change a refund
           coalesce(pg_catalog.bool_or(p.refund_id IS NOT NULL AND (
               p.session_id {session_eq} f.session_id
               AND p.account_id {account_eq} f.account_id
               AND p.attempt {attempt_eq} f.attempt
               AND p.again = f.again
               AND p.amount = f.amount::numeric
               AND p.layer = f.layer
               AND p.run_id IS NOT DISTINCT FROM f.run_id
               AND p.created_at = %(as_of)s::timestamptz
           ) IS NOT TRUE), false) AS altered
    FROM sweeper_fit AS f
    FULL JOIN sweeper_paid AS p ON p.refund_id = f.refund_id
) AS written,
(
    SELECT pg_catalog.count(*) AS sessions,
           coalesce(pg_catalog.bool_and(b.guarded), true) AS guarded
    FROM sweeper_booked AS b
) AS booked,
(
    SELECT coalesce(pg_catalog.array_agg(p.session_id::text), '{}') AS paid_sessions,
           coalesce(pg_catalog.array_agg(p.account_id::text), '{}') AS paid_accounts,
           coalesce(pg_catalog.array_agg(p.amount::text), '{}') AS paid_amounts,
           coalesce(pg_catalog.array_agg(p.reason), '{}') AS paid_reasons
    FROM sweeper_paid AS p
) AS paid,
(
    {include moved_totals}
) AS moved,
(
    SELECT coalesce(pg_catalog.array_agg(h.session_id::text), '{}') AS held_sessions,
           coalesce(pg_catalog.array_agg(h.why), '{}') AS held_reasons
    FROM sweeper_held AS h
    WHERE h.new
) AS held,
(
    SELECT coalesce(pg_catalog.array_agg(v.session_id::text), '{}') AS busy_sessions
    FROM sweeper_looked AS v
    WHERE v.verdict = 'owed'
      AND v.hold_reason IS NULL
      AND (
          coalesce(NOT (v.account_id {account_eq} ANY (%(account_ids)s::text[]::{account_type}[])), false){if spaced}
          OR v.session_id {session_eq} ANY (SELECT w.session_id FROM sweeper_waiting AS w){end}
      )
) AS busy
