-- Whether a hold is on the session's current attempt. The attempt of a hold is null where it is null or cannot be read.
h.attempt IS NOT DISTINCT FROM (v.attempt)::text{if by_account}
AND h.account_id {account_eq} v.account_id
AND (%(accounts)s::text[] IS NULL OR h.account_id {account_eq} ANY (%(accounts)s::text[]::{account_type}[])){end}
