-- Reads times without a zone in another zone than the mapping's until the transaction ends.
SELECT pg_catalog.set_config('TimeZone', %(timezone)s, true)
