-- The account's own row, where a session calls it by another key.
(SELECT a.{wanted} FROM {accounts} AS a WHERE a.{key} = refund.account_id)
