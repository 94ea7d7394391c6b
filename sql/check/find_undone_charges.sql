-- Finds which of some sessions have rows in the app's ledger, and only such that a column says were deleted.
SELECT v.session_id::text AS session_id
{include mapped_sessions}
CROSS JOIN LATERAL (
    SELECT l.{column} {if flag}IS TRUE{else}IS NOT NULL{end} AS undone
    FROM {ledger} AS l
    WHERE {ledger_session} {ledger_session_eq} v.session_id{ledger_session_as}{each qualifiers ""}
      AND ({qualifier}){end}
) AS entry
WHERE {include chosen}
  AND {include is_charged}
GROUP BY 1
HAVING pg_catalog.bool_and(entry.undone)
