-- For some accounts, the sum of their failed and running sessions that are not refunded, beside columns of the account.
SELECT known.account_id::text AS account_id,
       open.total::text AS total,
       known.counters::text[] AS counters
FROM (
    SELECT v.account_id,
           pg_catalog.sum(v.amount::numeric) AS total
    {include live_reading}
    WHERE {include is_live}
      AND v.account_id {account_eq} ANY (%(account_ids)s::text[]::{account_type}[])
      AND NOT v.excluded
      AND {include not_paid_yet}
    GROUP BY v.account_id
) AS open
JOIN (
    SELECT {accounts_id} AS account_id,
           ARRAY[{each others ", "}a.{column}::numeric::text{end}]::text[] AS counters
    FROM {accounts} AS a
) AS known ON known.account_id {account_eq} open.account_id
WHERE open.total > 0::numeric
  AND open.total < 'NaN'::numeric
