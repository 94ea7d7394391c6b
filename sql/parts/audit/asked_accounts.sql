-- Whether an account, a, is one of those that were asked for, or none was named.
%(only_accounts)s::text[] IS NULL
OR {accounts_id} {account_eq} ANY (%(only_accounts)s::text[]::{account_type}[])
