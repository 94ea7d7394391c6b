-- With nothing on the path the server writes every name with its schema, so that it means the same anywhere.
SELECT set_config('search_path', '', true)
