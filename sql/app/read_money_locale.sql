-- Reads the locale that sets how many decimal places the type money has: a cast to a number depends on it.
SELECT pg_catalog.current_setting('lc_monetary') AS name
