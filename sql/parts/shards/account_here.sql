-- Only accounts, a, of the batch, so that Citus sends the statement to their node.
AND (%(accounts)s::text[] IS NULL OR {accounts_id} {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
