-- end holds in shard: ends the holds of what a batch of one Citus shard has paid.
UPDATE {holds} AS h
SET ended_at = %(as_of)s::timestamptz
FROM ROWS FROM (
    pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]),
    pg_catalog.unnest(%(account_ids)s::text[]::{account_type}[]),
    pg_catalog.unnest(%(attempts)s::text[])
) AS p (session_id, account_id, attempt)
WHERE h.session_id {session_eq} p.session_id
  AND h.account_id {account_eq} p.account_id
  AND {include ends_with}
  AND h.ended_at IS NULL
  AND h.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[])
