-- The same of the refunds, r, of a session, m, and what took them back.
AND r.account_id {account_eq} m.account_id
AND reversal.account_id {account_eq} r.account_id
AND (%(accounts)s::text[] IS NULL OR r.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
AND (%(accounts)s::text[] IS NULL OR reversal.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
