-- The same of sessions, s, of which a batch has some in hand.
AND {account} {account_eq} ANY (%(accounts)s::text[]::{account_type}[])
