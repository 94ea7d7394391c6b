-- A function, p, in the schema n, as the key of a charge has it.
pg_catalog.format('%%I.%%I(%%s)', n.nspname, p.proname, pg_catalog.oidvectortypes(p.proargtypes))
