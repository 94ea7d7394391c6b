-- A refund, r, of the accounts that a batch has in hand.
AND r.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[])
