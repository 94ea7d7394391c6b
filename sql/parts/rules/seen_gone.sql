-- Until when the app's ledger has lost refunds that a full sweep saw there, of sessions that are still failed. When the
-- oldest are gone it is archived, and the answer is kept, because nothing else shows what was refunded. Single rows may
-- be deleted with their account.
(
    SELECT greatest(
               (last.seen ->> 'lost_until'::text)::timestamptz,
               CASE WHEN gone.oldest OR gone.gone > 1::bigint AND gone.gone * 10::bigint > gone.sessions
                   -- a day, because refunds are not written in the order in which sessions fail
                   THEN least(coalesce(gone.next + interval '1 day', last.as_of), last.as_of)
               END
           )
    FROM (
        SELECT run.told -> 'seen'::text AS seen,
               run.as_of,
               run.told ->> 'mapping'::text = {file_digest} AS of_this_file
        FROM {runs} AS run
        WHERE run.told -> 'seen'::text IS NOT NULL
        ORDER BY run.started_at DESC
        LIMIT 1
    ) AS last
    CROSS JOIN LATERAL (
        SELECT pg_catalog.count(*) AS sessions,
               pg_catalog.count(*) FILTER (WHERE found.gone) AS gone,
               coalesce((pg_catalog.array_agg(found.gone ORDER BY found.owed_from))[1], false) AS oldest,
               pg_catalog.min(found.owed_from) FILTER (WHERE found.owed_from > found.last_gone) AS next
        FROM (
            SELECT listed.owed_from,
                   listed.gone,
                   pg_catalog.max(listed.owed_from) FILTER (WHERE listed.gone) OVER () AS last_gone
            FROM (
                SELECT v.owed_from,
                       (
                           SELECT true
                           FROM {ledger} AS l
                           WHERE {include in_app_ledger}
                           LIMIT 1  -- one index probe for each, where EXISTS would read the whole ledger
                       ) IS NULL AS gone
                FROM (
                    SELECT (kept.session ->> 0)::{session_type} AS session_id,
                           (kept.session ->> 1)::{attempt_type} AS attempt,
                           (kept.session ->> 2)::timestamptz AS owed_from
                    FROM pg_catalog.jsonb_array_elements(last.seen -> 'sessions'::text) AS kept (session)
                    WHERE last.of_this_file
                    OFFSET 0
                ) AS v
                WHERE EXISTS (
                    SELECT
                    FROM {sessions} AS s
                    WHERE {session_id} {session_eq} v.session_id
                      AND {attempt} {attempt_eq} v.attempt
                      AND {status} {status_eq} ANY ({failed})
                )
            ) AS listed
        ) AS found
    ) AS gone
)
