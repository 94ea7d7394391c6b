-- The same of an account's row, a.
AND (%(accounts)s::text[] IS NULL OR {accounts_id} {account_eq} ANY (%(accounts)s::text[]::{account_type}[]))
