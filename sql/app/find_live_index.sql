-- Reports whether the sessions table has a valid index that calls this function of ours.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_depend AS d
      ON d.refclassid = 'pg_catalog.pg_proc'::regclass::oid
        AND d.refobjid = p.oid
        AND d.classid = 'pg_catalog.pg_class'::regclass::oid
    JOIN pg_catalog.pg_index AS i ON i.indexrelid = d.objid
    WHERE n.nspname = %(schema_name)s
      AND p.proname = %(function_name)s
      AND i.indrelid = %(table_oid)s::bigint::oid
      AND i.indisvalid
      AND i.indisready
) AS found
