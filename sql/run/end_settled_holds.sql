-- Ends, after a full sweep or for sessions that a person named, the holds that nobody has to decide about any more: the
-- session has a refund, which may have been taken back, has succeeded, or is owed nothing now; or it, or its attempt,
-- was gone for a week of full sweeps. A partition that is detached for an hour is no reason. A hold whose attempt could
-- not be read may be about another charge than the refund. Decided in a query of its own, because Citus refuses an
-- UPDATE that has a CASE with a function that is not immutable, such as a time less an interval.
WITH settled AS MATERIALIZED (
    SELECT h.hold_key
    FROM {holds} AS h
    WHERE h.ended_at IS NULL
      -- else this sweep has put it there again, as it does where an expression of the session fails
      AND CASE WHEN h.last_seen < %(as_of)s::timestamptz THEN
          EXISTS (
              SELECT
              FROM {refunds} AS p
              WHERE p.session_id {session_eq} h.session_id AND h.attempt = p.attempt::text
          )
          OR CASE WHEN h.last_seen < %(as_of)s::timestamptz - interval '7 days' THEN NOT EXISTS (
              SELECT
              {include reading_in_hand}
              WHERE {session_id} {session_eq} h.session_id AND coalesce(h.attempt = v.attempt::text, true)
          ) END
          OR EXISTS (
              SELECT
              {include reading_in_hand}
              WHERE {session_id} {session_eq} h.session_id
                AND coalesce(h.attempt = v.attempt::text, true)
                AND CASE
                    WHEN v.status {status_eq} ANY ({succeeded}) THEN {include asked_for}
                    WHEN {include in_scope}
                    THEN CASE
                             {include verdict_of_others}
                         -- the run may not know the first charge in the books, before which this is not known
                         END IN ('refunded', 'excluded', CASE WHEN h.why <> 'charge_unknown' THEN 'uncharged' END)
                END
          )
      END
)
UPDATE {holds} AS h
SET ended_at = %(as_of)s::timestamptz
FROM settled
WHERE h.hold_key = settled.hold_key
  AND h.ended_at IS NULL
  -- nor has refund() put it there again in the meantime
  AND h.last_seen < %(as_of)s::timestamptz
