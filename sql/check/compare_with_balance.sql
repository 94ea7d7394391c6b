-- Compares the amounts of some sessions that cost something with the balances of their accounts.
SELECT v.session_id::text AS session_id,
       v.amount::numeric::text AS amount,
       v.amount::numeric = known.balance AS same
{include mapped_sessions}
JOIN LATERAL (
    SELECT ({balance})::numeric AS balance
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} v.account_id
) AS known ON true
WHERE {include chosen}
  AND v.amount::numeric > 0::numeric
  AND v.amount::numeric < 'NaN'::numeric
