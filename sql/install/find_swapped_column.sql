-- Finds a column that another had the name of at installation, and the name that this one has now.
SELECT pg_catalog.concat(now.attrelid::regclass::text, '.', now.attname) AS name,
       kept.attname::text AS renamed
{include swapped_columns}
ORDER BY now.attrelid, now.attnum
LIMIT 1
