-- Whether a trigger sets a column of the table before a row is inserted, such as its number.
EXISTS (
    SELECT
    FROM pg_catalog.pg_trigger AS t
    JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
    WHERE t.tgrelid = a.attrelid AND t.tgtype::int & 7 = 7 AND NOT t.tgisinternal  -- BEFORE INSERT, each row
      AND t.tgenabled <> 'D'
      AND pg_catalog.strpos(
              pg_catalog.lower(pg_catalog.replace(p.prosrc, '"', '')),
              pg_catalog.lower(pg_catalog.concat('new.', a.attname))
          ) > 0
)
