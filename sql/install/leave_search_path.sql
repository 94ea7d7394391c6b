-- With an empty path the server writes every name with its schema, so that it means the same anywhere.
SELECT pg_catalog.set_config('search_path', '', true)
