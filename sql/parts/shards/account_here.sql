-- With Citus, only accounts, a, of the batch, so that the statement is sent to their node.
{if by_account}
AND (%(accounts)s::text[] IS NULL OR {accounts_id} {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
{end}
