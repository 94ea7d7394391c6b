-- Whether `install --fence` has asked for the fence; null where the installation does not say.
SELECT (pg_catalog.to_jsonb(s) ->> 'fence'::text)::boolean AS fence
FROM {settings} AS s
