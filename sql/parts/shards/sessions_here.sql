-- With Citus, only sessions, s, of the accounts of the batch, so that the statement is sent to their node.
{if by_account}
AND {account} {account_eq} ANY (%(accounts)s::text[]::{account_type}[])
{end}
