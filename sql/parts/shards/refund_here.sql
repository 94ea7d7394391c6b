-- A refund, r, is looked for where Citus has the rows of its account, and of a batch's accounts alone: only then does Citus
-- send a statement to that one node as it stands.
AND r.account_id {account_eq} v.account_id
AND (%(accounts)s::text[] IS NULL OR r.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
