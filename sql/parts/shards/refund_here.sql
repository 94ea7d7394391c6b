-- Only refunds, r, of the session's account and of the batch's accounts, so that Citus sends the statement to their
-- node.
{if by_account}
AND r.account_id {account_eq} v.account_id
AND (%(accounts)s::text[] IS NULL OR r.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
{end}
