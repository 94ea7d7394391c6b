-- For some sessions, the rows of another table that the file finds by a column of the session: which account they name,
-- whether one of them names the session's, or which two they name, whether all say that nothing was taken, and what
-- their numbers come to.
SELECT v.session_id::text AS session_id,
       v.account_id::text AS account,
       found.account AS named,
       found.same,
       found.sides,
       found.met,
       found.sums
{include mapped_sessions}
CROSS JOIN LATERAL (
    SELECT pg_catalog.count(*) AS rows,
           {if account_column}pg_catalog.min(l.{account_column}::text){else}NULL::text{end} AS account,
           {if account_column}pg_catalog.bool_or({include same_account}){else}NULL::boolean{end} AS same,
           ARRAY[{each sides ", "}pg_catalog.min(l.{column}::text){end}]::text[] AS sides,
           ARRAY[{each states ", "}pg_catalog.bool_and({if flag}l.{column} IS FALSE{else}l.{column}::text ~* %(not_made)s::text{end}) IS TRUE{end}]::boolean[] AS met,
           ARRAY[{each numbers ", "}pg_catalog.sum(l.{column}::numeric)::text{end}]::text[] AS sums
    FROM {table} AS l
    WHERE l.{column}{if json_key} OPERATOR(pg_catalog.->>) {json_key}::text{end} {key_eq} s.{link}::{key_type}
) AS found
WHERE {include chosen}
  AND found.rows > 0
