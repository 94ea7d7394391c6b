-- Finds which of the newest refunds are of sessions that no longer exist: the app deletes old ones, or has changed
-- their ids. A run over all sessions from the floor on also reads some older refunds, because the newest may have been
-- made since. Also reports whether a session is on hold because of such a refund, so that the search goes on.
SELECT ARRAY(
           SELECT r.refund_id::text
           FROM (
               (
                   SELECT r.refund_id, r.session_id, r.attempt, r.failed_at >= r.created_at AS closed
                   FROM {refunds} AS r
                   ORDER BY r.created_at DESC
                   LIMIT 100
               )
               UNION
               (
                   SELECT older.refund_id, older.session_id, older.attempt, older.closed
                   FROM (VALUES (interval '1 hour'), (interval '1 day')) AS back (age)
                   CROSS JOIN LATERAL (
                       SELECT r.refund_id, r.session_id, r.attempt, r.failed_at >= r.created_at AS closed
                       FROM {refunds} AS r
                       WHERE r.created_at < %(as_of)s::timestamptz - back.age
                       ORDER BY r.created_at DESC
                       LIMIT 500
                   ) AS older
                   WHERE %(from_floor)s::boolean
               )
           ) AS r
           WHERE {include charge_gone}{if closing_tells}{else}
           -- the moment at which a refund closed its session is not in the session's row, so they cannot be compared
           AND r.closed IS NOT TRUE{end}
       ) AS refund_ids,
       EXISTS (
           SELECT
           FROM {holds} AS h
           WHERE h.why = 'id_changed' AND h.ended_at IS NULL
       ) AS on_hold
