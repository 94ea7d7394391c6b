-- adopt: records refunds that were paid elsewhere, for sessions that have none yet, and ends their holds. Moves no
-- credits, and only reads the app's own tables.
WITH sweeper_picked AS MATERIALIZED (
    SELECT pg_catalog.unnest(%(refund_ids)s::text::uuid[]) AS refund_id,
           pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[]) AS session_id,
           pg_catalog.unnest(%(account_ids)s::text[]::{account_type}[]) AS account_id,
           pg_catalog.unnest(%(attempts)s::text[]::{attempt_type}[]) AS attempt,
           pg_catalog.unnest(%(amounts)s::text[]::numeric[]) AS amount
),
sweeper_adopted AS (
    INSERT INTO {refunds} AS r (
        refund_id, session_id, account_id, attempt, amount, reason, detail, layer, run_id, created_at
    )
    SELECT v.refund_id, v.session_id, v.account_id, v.attempt, v.amount, 'adopted', %(reason)s::text, 'adopted',
           NULL::uuid, %(as_of)s::timestamptz
    FROM sweeper_picked AS v
    WHERE {if ledger}{include refunded_by_app}{else}false{end} IS NOT TRUE
    ON CONFLICT (session_id, attempt, again{if by_account}, account_id{end}) DO NOTHING
    RETURNING r.refund_id, r.session_id, r.attempt{if by_account}, r.account_id{end}
),
sweeper_ended AS (
    UPDATE {holds} AS h
    SET ended_at = %(as_of)s::timestamptz
    FROM sweeper_adopted AS p
    WHERE h.session_id {session_eq} p.session_id AND {include ends_with} AND h.ended_at IS NULL
    {if by_account}
      AND h.account_id {account_eq} p.account_id
      AND h.account_id {account_eq} ANY (%(account_ids)s::text[]::{account_type}[])
    {end}
)
SELECT a.refund_id::text AS refund_id
FROM sweeper_adopted AS a
UNION ALL
-- after a lost acknowledgement: what an earlier attempt at this batch has committed
SELECT r.refund_id::text
FROM sweeper_picked AS p
JOIN {refunds} AS r ON r.refund_id = p.refund_id{if by_account}
 AND r.account_id {account_eq} ANY (%(account_ids)s::text[]::{account_type}[]){end}
