-- Whether the owner of a table, owned, would gain rights when this role reads the table.
owned.relowner IN (
    SELECT pg_catalog.unnest(s.roles)
    FROM strangers AS s
    JOIN pg_catalog.pg_roles AS me ON me.rolname = current_user
    WHERE NOT me.oid = ANY (s.roles)
      AND NOT (s.joins_any AND NOT me.rolsuper)
)
