-- What a refund takes of each column of the account, by the columns' names.
(
    SELECT pg_catalog.jsonb_build_object({each shares ", "}{label}, share.{share}{end})
    {include shares}
)
