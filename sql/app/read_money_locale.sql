-- Reads the locale that says how many digits of money are behind the point: a cast to a number goes by it.
SELECT pg_catalog.current_setting('lc_monetary') AS name
