-- Only holds, h, of the session's account and of the batch's accounts, so that Citus sends the statement to their node.
AND h.account_id {account_eq} v.account_id
AND (%(accounts)s::text[] IS NULL OR h.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
