-- Whether the account is gone. A scalar subquery: for each page of sessions EXISTS would read all accounts.
(
    SELECT true
    FROM {accounts} AS a
    WHERE {accounts_id} {account_eq} v.account_id
    {include account_here}
    LIMIT 1
) IS NULL
