-- Lists the views that read a column that the conversion of the refunds gives another type: Postgres refuses that while
-- they exist.
SELECT DISTINCT c.oid::regclass::text AS name
FROM pg_catalog.pg_depend AS d
JOIN pg_catalog.pg_rewrite AS r ON r.oid = d.objid
JOIN pg_catalog.pg_class AS c ON c.oid = r.ev_class
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass::oid
  AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
  AND d.refobjid IN (pg_catalog.to_regclass({refunds_text})::oid, pg_catalog.to_regclass({holds_text})::oid)
  AND a.attname IN ('session_id', 'account_id', 'attempt')
ORDER BY name
