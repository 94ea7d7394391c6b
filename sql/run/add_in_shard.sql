-- add in shard: the third of the three steps of `pay` in a batch of one Citus shard: adds to the balances, one update
-- for each account, exactly what the second has inserted.
UPDATE {accounts} AS a
SET {include moved}
FROM (
    SELECT p.account_id, pg_catalog.count(*) AS refunds, pg_catalog.sum(p.amount) AS amount, %(as_of)s::timestamptz AS at{each shares ""},
           pg_catalog.sum((p.shares ->> {label}::text)::numeric) AS {share}{end}
    FROM ROWS FROM (
        pg_catalog.unnest(%(account_ids)s::text[]::{account_type}[]),
        pg_catalog.unnest(%(amounts)s::text[]::numeric[]){if shares},
        pg_catalog.unnest(%(shares)s::text[]::jsonb[]){end}
    ) AS p (account_id, amount{if shares}, shares{end})
    GROUP BY p.account_id
) AS owed
WHERE {accounts_id} {account_eq} owed.account_id
{include account_here}
RETURNING {accounts_id}::text AS account_id, owed.refunds, owed.amount::text AS amount
