-- Lists the views, and the triggers with a condition, that read a column that the conversion of the refunds gives another
-- type: Postgres refuses that while they exist.
SELECT DISTINCT r.oid IS NOT NULL AS is_view,
       CASE WHEN r.oid IS NOT NULL THEN r.ev_class::regclass::text
            ELSE pg_catalog.format('%%I on %%s', t.tgname, t.tgrelid::regclass::text)
       END AS name
FROM pg_catalog.pg_depend AS d
LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::regclass::oid AND r.oid = d.objid
LEFT JOIN pg_catalog.pg_trigger AS t ON d.classid = 'pg_catalog.pg_trigger'::regclass::oid AND t.oid = d.objid
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE (r.oid IS NOT NULL OR t.oid IS NOT NULL)
  AND d.refclassid = 'pg_catalog.pg_class'::regclass::oid
  AND d.refobjid IN (pg_catalog.to_regclass({refunds_text})::oid, pg_catalog.to_regclass({holds_text})::oid)
  AND a.attname IN ('session_id', 'account_id', 'attempt')
ORDER BY name
