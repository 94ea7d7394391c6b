-- Whether a trigger sets a column of the table before a row is inserted, such as its number; not one that only reads it.
EXISTS (
    SELECT
    FROM pg_catalog.pg_trigger AS t
    JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
    CROSS JOIN LATERAL (
        SELECT pg_catalog.concat('new\.', pg_catalog.regexp_replace(a.attname::text, '(\W)', '\\\1', 'g')) AS name
    ) AS field
    WHERE t.tgrelid = a.attrelid AND t.tgtype::int & 7 = 7 AND NOT t.tgisinternal  -- BEFORE INSERT, each row
      AND t.tgenabled <> 'D'
      AND pg_catalog.replace(p.prosrc, '"', '') OPERATOR(pg_catalog.~*) pg_catalog.concat(
              '(\m', field.name, '\s*:=|(;|\mthen|\melse|\mbegin|\mloop)\s*', field.name, '\s*=)',
              -- what is made of its own value is empty if that is
              '\s*([^;]*\m(coalesce|is\s+null)\M|(?![^;]*\m', field.name, '\M))',
              '|\minto\s+(strict\s+)?(new\.\w+\s*,\s*)*', field.name, '\M'
          )
)
