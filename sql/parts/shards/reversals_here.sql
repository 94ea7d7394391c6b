-- Only refunds, r, and reversals of the account of a session, m, and of the batch's accounts, so that Citus sends the
-- statement to their node.
AND r.account_id {account_eq} m.account_id
AND reversal.account_id {account_eq} r.account_id
AND (%(accounts)s::text[] IS NULL OR r.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
AND (%(accounts)s::text[] IS NULL OR reversal.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
