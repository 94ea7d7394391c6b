-- The account's row, where a session names it by another key.
(SELECT a.{wanted} FROM {accounts} AS a WHERE a.{key} = refund.account_id)
