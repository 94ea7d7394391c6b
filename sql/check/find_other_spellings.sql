-- Finds sessions that would be paid although a refund in the app's ledger has their id: in capitals, or with spaces
-- around it. No index knows such a spelling, so only the newest rows are read. Where the spelling is the id of another
-- session, as `aB` and `Ab` may be, the refund is that one's.
SELECT v.session_id::text AS session_id,
       l.spelling
{include mapped_sessions}
JOIN (
    SELECT DISTINCT l.spelling
    FROM (
        SELECT CASE WHEN {ledger_where} THEN ({ledger_session})::text END AS spelling
        FROM {ledger} AS l
        ORDER BY l.{key} DESC
        LIMIT 20000
    ) AS l
) AS l ON pg_catalog.lower(pg_catalog.btrim(l.spelling)) = pg_catalog.lower(pg_catalog.btrim(v.session_id::text))
WHERE {include chosen}
  AND l.spelling <> v.session_id::text -- else it is the refund of an earlier attempt
  AND NOT v.excluded
  AND {include is_charged}
  AND {include not_paid_yet}
  AND (
      SELECT true
      FROM {sessions} AS s
      WHERE {session_id} {session_eq} CASE
                WHEN pg_catalog.lower(pg_catalog.btrim(l.spelling)) = pg_catalog.lower(pg_catalog.btrim(v.session_id::text))
                THEN pg_catalog.btrim(l.spelling)::{session_type}
            END
        AND NOT {session_id} {session_eq} v.session_id
      LIMIT 1
  ) IS NULL
