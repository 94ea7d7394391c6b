-- Whether a row of the ledger has the id of its session in another column, too, if it is a refund that names one.
(({refunds}) IS NOT TRUE OR {link} IS NULL OR pg_catalog.strpos({column}::text, {link}::text) > 0)
