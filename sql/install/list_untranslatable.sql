-- Lists refunds that cannot be converted to another key: their session no longer has a value for it, or is gone, so
-- that they would keep an id that another session may have.
WITH untranslatable AS MATERIALIZED (  -- all of them: for the first five the server would compare each with each
    SELECT r.session_id::text AS session_id,
           r.created_at,
           r.refund_id
    FROM {refunds} AS r
    LEFT JOIN (
        SELECT ({old_session_id})::text AS old_id,
               ({session_id})::text AS session_id,
               ({attempt})::text AS attempt
        FROM {sessions} AS s
    ) AS mapped ON mapped.old_id = r.session_id::text
    WHERE CASE WHEN mapped.old_id IS NULL
              THEN {if keeps_text}false{else}{include attempt_changes}{end}
                  OR {if other_ids}true{else}false{end} AND r.session_id::text IN (
                      SELECT ({session_id})::text
                      FROM {sessions} AS s
                  )
              ELSE mapped.session_id IS NULL
                  OR {include attempt_changes} AND (
                      mapped.attempt IS NULL
                      -- the session's current charge is unknown
                      OR NOT {old_attempt_is_known} AND (
                          SELECT pg_catalog.count(DISTINCT pg_catalog.regexp_replace(o.attempt::text, ' \(again [0-9]+\)$', ''))
                          FROM {refunds} AS o
                          WHERE o.session_id = r.session_id{if keeps_earlier} AND o.attempt::text !~ '^-'{end}
                      ) > 1
                  )
          END
)
SELECT u.session_id,
       pg_catalog.count(*) OVER () AS refunds
FROM untranslatable AS u
ORDER BY u.created_at, u.refund_id
LIMIT 5
