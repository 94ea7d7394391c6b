-- Whether a row of the ledger that names a session has its id in another column, too.
({link} IS NULL OR pg_catalog.strpos({column}::text, {link}::text) > 0)
