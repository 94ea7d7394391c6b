-- The session of a refund, r, as it is now.
FROM {sessions} AS s
WHERE {session_id} {session_eq} r.session_id
  {if by_account}
  AND {account} {account_eq} r.account_id
  {include sessions_here}
  {end}
  {include in_bounds}
OFFSET 0  -- LATERAL, so that each is looked up by its id: a join would read the whole table
