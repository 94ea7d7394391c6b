-- Reads the settings that decide how many decimal places the type money has, by which language texts are searched, and
-- how numbers and times are written.
SELECT pg_catalog.current_setting('lc_monetary') AS money_locale,
       pg_catalog.current_setting('default_text_search_config') AS text_search,
       pg_catalog.current_setting('lc_numeric') AS number_locale,
       pg_catalog.current_setting('lc_time') AS time_locale
