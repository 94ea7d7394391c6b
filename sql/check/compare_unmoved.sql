-- Counts for how many of some accounts columns of another table equal the sum of the app's ledger, and reports whether
-- a trigger of the app may be what keeps them equal.
SELECT pg_catalog.count(*) AS accounts,
       pg_catalog.min(newest.account::text) AS sample,
       ARRAY[{each others ", "}pg_catalog.count(*) FILTER (WHERE known.other_{place} = summed.total){end}]::bigint[] AS equal,
       EXISTS (
           SELECT
           FROM pg_catalog.pg_trigger AS t
           WHERE t.tgrelid = %(ledger_oid)s::oid AND t.tgtype::int & 6 = 4 AND NOT t.tgisinternal  -- AFTER INSERT
       ) AS may_move
{include ledger_totals}
JOIN (
    SELECT b.{link}::text AS account{each others ""},
           b.{column}::numeric AS other_{place}{end}
    FROM {table} AS b
) AS known ON known.account = newest.account::text
WHERE summed.total <> 0::numeric
