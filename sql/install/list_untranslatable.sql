-- Lists refunds that cannot be translated to another key: their sessions do not give it any more, or, gone, would leave
-- them with the id of another session.
SELECT r.session_id::text AS session_id,
       pg_catalog.count(*) OVER () AS refunds
FROM {refunds} AS r
LEFT JOIN (
    SELECT ({old_session_id})::text AS old_id,
           ({session_id})::text AS session_id,
           ({attempt})::text AS attempt
    FROM {sessions} AS s
) AS mapped ON mapped.old_id = r.session_id::text
WHERE CASE WHEN mapped.old_id IS NULL
          THEN {if keeps_text}false{else}{include attempt_changes}{end} OR {if other_ids}true{else}false{end} AND r.session_id::text IN (
              SELECT ({session_id})::text
              FROM {sessions} AS s
          )
          ELSE mapped.session_id IS NULL
              OR {include attempt_changes} AND (
                  mapped.attempt IS NULL
                  -- it is not known at which of its charges the session is now
                  OR NOT {old_attempt_is_known} AND (
                      SELECT pg_catalog.count(DISTINCT pg_catalog.regexp_replace(o.attempt::text, ' \(again [0-9]+\)$', ''))
                      FROM {refunds} AS o
                      WHERE o.session_id = r.session_id
                  ) > 1
              )
      END
ORDER BY r.created_at, r.refund_id
LIMIT 5
