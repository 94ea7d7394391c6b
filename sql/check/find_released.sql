-- Finds which of some sessions have a row in another table whose state says that their charge was released, or whose
-- number says that all of it was given back. With `unpaid`, those that would be paid, and of which each row says so, or
-- some number that a part was. Where no column of the session names such a row, searches the newest of them.
SELECT v.session_id::text AS session_id
FROM {sessions} AS s
CROSS JOIN LATERAL (
    {include mapped}{if by_row},
           s.{link} AS link{end}
) AS v
JOIN {if by_row}{table} AS l ON l.{key} {key_eq} v.link::{key_type}{else}(
    SELECT l.{link}::text AS session,
           l.{column}{each amounts ""},
           l.{column}{end}
    FROM {table} AS l
    ORDER BY l.{key} DESC
    LIMIT 20000
) AS l ON l.session = v.session_id::text{end}
WHERE {include chosen}{if unpaid}
  AND NOT v.excluded
  AND {include is_charged}
  AND {include not_paid_yet}{end}
GROUP BY v.session_id{if unpaid}, v.amount{end}
{if number}
HAVING pg_catalog.bool_or((l.{column}::numeric > 0::numeric) IS TRUE)
   AND (false{each amounts ""} OR pg_catalog.abs(pg_catalog.sum(l.{column}::numeric)) = {if unpaid}v.amount::numeric{else}pg_catalog.sum(l.{number}::numeric){end}{end})
   {if unpaid}
   -- else the row has what is left of the charge, and that is the amount
   AND NOT (false{each amounts ""} OR pg_catalog.abs(pg_catalog.sum(l.{column}::numeric)) = v.amount::numeric + pg_catalog.sum(l.{number}::numeric){end})
   {end}
{else}
HAVING {if any_state}true{else}{if unpaid}pg_catalog.bool_and{else}pg_catalog.bool_or{end}(({if words}l.{column}::text ~* %(words)s::text{else}l.{column}{if flag}{else} IS NOT NULL{end}{end}) IS TRUE){end}
   {if unpaid}
   AND (false{each amounts ""} OR pg_catalog.abs(pg_catalog.sum(l.{column}::numeric)) = v.amount::numeric{end})
   {end}
{end}
ORDER BY 1
LIMIT 1000
