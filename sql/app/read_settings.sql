-- Reads the settings that decide how many decimal places the type money has, and by which language texts are searched.
SELECT pg_catalog.current_setting('lc_monetary') AS money_locale,
       pg_catalog.current_setting('default_text_search_config') AS text_search
