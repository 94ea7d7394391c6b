-- What the values of a column, a, are: its type, or a digest of what it is generated from.
coalesce(pg_catalog.md5({include computed_from}), pg_catalog.format_type(a.atttypid, a.atttypmod))
