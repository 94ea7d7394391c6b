-- Finds which of some sessions have a row in another table whose state says that their charge was released. Where no
-- column of the session names such a row, searches the newest of them.
SELECT DISTINCT v.session_id::text AS session_id
FROM {sessions} AS s
CROSS JOIN LATERAL (
    {include mapped}{if by_row},
           s.{link} AS link{end}
) AS v
JOIN {if by_row}{table} AS l ON l.{key} {key_eq} v.link::{key_type}{else}(
    SELECT l.{link}::text AS session,
           l.{column}
    FROM {table} AS l
    ORDER BY l.{key} DESC
    LIMIT 20000
) AS l ON l.session = v.session_id::text{end}
WHERE {include chosen}
  {if any_state}{else}AND {if words}l.{column}::text ~* %(words)s::text{else}l.{column}{if flag}{else} IS NOT NULL{end}{end}{end}{if unpaid}
  AND NOT v.excluded
  AND v.amount::numeric > 0::numeric
  AND {include not_paid_yet}{end}
ORDER BY 1
LIMIT 1000
