-- The rows of the locks table. Those named charges are for accounts without a row to lock; many accounts share each.
INSERT INTO {locks} (name)
SELECT named.name
FROM (VALUES ('caps'), ('installation'), ('installer')) AS named (name)
UNION ALL
SELECT pg_catalog.concat('charges ', part.n)
FROM pg_catalog.generate_series(0, 63) AS part (n)
ON CONFLICT (name) DO NOTHING;
