-- Whether sweeper's own tables are there, and not just a table of the app with the same name.
SELECT EXISTS (
    SELECT
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = pg_catalog.to_regclass(%(name)s)::oid
      AND a.attname = 'fingerprint'
) AS found
