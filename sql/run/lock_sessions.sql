-- lock sessions: those of the batch that are not refunded yet; skips those that somebody else has locked. Not FOR
-- UPDATE, which would block the app's inserts of child rows, and be skipped because of them.
SELECT coalesce(pg_catalog.array_agg(l.session_id::text), '{}') AS session_ids,
       coalesce(pg_catalog.array_agg(l.account_id::text), '{}') AS account_ids,
       coalesce(pg_catalog.array_agg(l.amount), '{}') AS amounts,
       coalesce(pg_catalog.array_agg(l.hold_reason), '{}') AS hold_reasons,
       {include changed_sessions} AS changed
FROM (
    SELECT v.session_id,
           v.account_id,
           CASE WHEN %(budget)s::numeric IS NOT NULL THEN v.amount::text END AS amount,
           CASE WHEN %(budget)s::numeric IS NOT NULL THEN {include hold_reason} END AS hold_reason
    {include reading_in_hand}
    WHERE {include is_in_hand}
      {include sessions_here}
      {include read_in_bounds}
      AND (
          SELECT true
          FROM {refunds} AS r
          WHERE {include own_refund}
          LIMIT 1
      ) IS NULL
    FOR NO KEY UPDATE OF s SKIP LOCKED
) AS l
