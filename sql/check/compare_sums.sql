-- Counts for how many of some accounts the balance of the mapping, or another column, is the sum of the app's ledger.
SELECT pg_catalog.count(*) AS accounts,
       pg_catalog.count(*) FILTER (WHERE known.balance <> summed.total) AS different,
       (pg_catalog.array_agg(newest.account::text) FILTER (WHERE known.balance <> summed.total))[1:3] AS samples,
       pg_catalog.min(known.balance) = pg_catalog.max(known.balance)
           AND pg_catalog.min(known.balance) <> 0::numeric
           AND pg_catalog.count(DISTINCT summed.total) = pg_catalog.count(*) AS alike,
       pg_catalog.count(DISTINCT summed.total) AS totals,
       coalesce(pg_catalog.sum(summed.refunds), 0) AS refunds,
       pg_catalog.count(*) FILTER (WHERE summed.refunds > 0) AS refunded,
       ARRAY[{each others ", "}pg_catalog.count(*) FILTER (WHERE known.other_{place} = summed.total){end}]::bigint[] AS equal,
       ARRAY[{each others ", "}pg_catalog.count(*) FILTER (WHERE known.other_{place} = -summed.total AND summed.total <> 0::numeric){end}]::bigint[] AS opposite,
       -- as a refund leaves it: all that was ever given, or taken, whatever was refunded
       ARRAY[{each others ", "}pg_catalog.count(*) FILTER (WHERE known.other_{place} = summed.given OR known.other_{place} = summed.taken){end}]::bigint[] AS gross,
       -- more than a counter has of what was taken and not refunded
       ARRAY[{each others ", "}pg_catalog.count(*) FILTER (WHERE known.other_{place} > summed.taken - coalesce(summed.returned, 0::numeric)){end}]::bigint[] AS above,
       -- as a number that nearly each row raised, and little else
       ARRAY[{each others ", "}pg_catalog.count(*) FILTER (WHERE known.other_{place} BETWEEN summed.rows * 0.8 AND summed.rows * 1.2 + 1){end}]::bigint[] AS raised
{include ledger_totals}
JOIN (
    SELECT {accounts_id} AS account_id,
           ({balance})::numeric AS balance{each others ""},
           a.{column}::numeric AS other_{place}{end}
    FROM {accounts} AS a
) AS known ON known.account_id {account_eq} newest.account::text::{account_type}
