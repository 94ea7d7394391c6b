-- Only sessions, s, of the batch's accounts, so that Citus sends the statement to their node.
AND {account} {account_eq} ANY (%(accounts)s::text[]::{account_type}[])
