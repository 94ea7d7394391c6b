-- For some sessions that cost something, the period of their account's row, and the newest of the same owner's that had
-- begun by then as well.
SELECT v.session_id::text AS session_id,
       mine.period AS period,
       later.period AS later
{include mapped_sessions}
CROSS JOIN LATERAL (
    SELECT a.{link} AS owner,
           {include period_of_row} AS period
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} v.account_id
) AS mine
LEFT JOIN LATERAL (
    SELECT pg_catalog.max(others.period) AS period
    FROM (
        SELECT {include period_of_row} COLLATE "C" AS period
        FROM {accounts} AS a
        WHERE a.{link} {link_eq} mine.owner
    ) AS others
    WHERE others.period > mine.period
      AND others.period <= pg_catalog.to_char(v.started_at::timestamptz, 'YYYY-MM-DD HH24:MI:SS'::text)
) AS later ON true
WHERE {include chosen}
  AND v.amount::numeric > 0::numeric
  AND mine.period ~ '^[0-9]{4}-[0-9][0-9]'::text
