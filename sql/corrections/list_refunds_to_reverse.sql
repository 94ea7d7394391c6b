-- Lists a page of the refunds of a run or a session, with whatever keeps each from being taken back.
SELECT r.refund_id::text AS refund_id,
       r.session_id::text AS session_id,
       coalesce(account.account_id, r.account_id::text) AS account_id,  -- as its own table spells it: citext
       r.amount::text AS amount,
       r.layer,
       EXISTS (
           SELECT
           FROM {reversals} AS x
           WHERE x.refund_id = r.refund_id{if by_account} AND x.account_id {account_eq} r.account_id{end}
       ) AS reversed,
       coalesce(account.known, false) AS account_known,
       account.balance,
       -- what refund() pays has no run: by the file of the run before
       ({if by_account}run.told{else}coalesce(run.told, (
           SELECT earlier.told
           FROM {runs} AS earlier
           WHERE r.run_id IS NULL AND earlier.as_of <= r.created_at
           ORDER BY earlier.as_of DESC
           LIMIT 1
       )){end} ->> 'mapping'::text) <> %(mapping)s::text AS other_file,
       -- the columns that make up the balance, and what the refund added to each
       account.pools,
       {if pools}ARRAY[{each pools ", "}r.shares ->> {label}::text{end}]::text[]{else}'{}'::text[]{end} AS shares
FROM {refunds} AS r
LEFT JOIN {runs} AS run ON run.run_id = r.run_id
{if accounts}
LEFT JOIN LATERAL (
    SELECT true AS known,
           {accounts_id}::text AS account_id,
           {balance}::text AS balance,
           ARRAY[{each pools ", "}{value}::text{end}]::text[] AS pools
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} r.account_id
) AS account ON true
{else}
-- no accounts table is mapped: an account is whatever the ledger names, and has no balance of its own
CROSS JOIN (
    SELECT true AS known,
           NULL::text AS account_id,
           NULL::text AS balance,
           '{}'::text[] AS pools
) AS account
{end}
WHERE (%(run_id)s::uuid IS NULL OR r.run_id = %(run_id)s::uuid AND r.created_at = %(run_as_of)s::timestamptz)
  AND (%(session_id)s::text IS NULL OR r.session_id {session_eq} %(session_id)s::text::{session_type})
  AND (%(after)s::uuid IS NULL OR r.refund_id > %(after)s::uuid)
ORDER BY r.refund_id
LIMIT %(page_size)s::bigint
