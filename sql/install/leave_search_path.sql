-- Empties the search path, so that the server writes every name with its schema.
SELECT pg_catalog.set_config('search_path', '', true)
