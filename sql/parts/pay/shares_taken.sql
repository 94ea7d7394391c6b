-- What a refund takes of each column of the account, as JSON by column name.
(
    SELECT pg_catalog.jsonb_build_object({each shares ", "}{label}, share.{share}{end})
    {include shares}
)
