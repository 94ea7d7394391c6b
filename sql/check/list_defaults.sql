-- Lists the columns of a table that have a default, with the expression, or that are generated, or set by a trigger.
SELECT a.attname AS name,
       CASE WHEN a.attidentity = '' AND a.attgenerated = '' THEN pg_catalog.pg_get_expr(d.adbin, d.adrelid) END AS value
FROM pg_catalog.pg_attribute AS a
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = %(table_oid)s::oid
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND (a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '' OR {include set_by_trigger})
