-- Reads times without a zone in another one than the mapping's, until the end of the transaction.
SELECT pg_catalog.set_config('TimeZone', %(timezone)s, true)
