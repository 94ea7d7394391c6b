-- Only refunds, r, of the batch's accounts.
AND r.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[])
