-- The same of a hold, h.
AND h.account_id {account_eq} v.account_id
AND (%(accounts)s::text[] IS NULL OR h.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
