-- Reads whether `install --fence` asked for the fence; null where the installation does not record it.
SELECT (pg_catalog.to_jsonb(s) ->> 'fence'::text)::boolean AS fence
FROM {settings} AS s
