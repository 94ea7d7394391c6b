-- A whole row of sessions as json, where a column of json is looked into.
pg_catalog.to_jsonb(s)
