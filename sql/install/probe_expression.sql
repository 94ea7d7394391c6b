-- Tries an expression of the file as the key of an index, on an empty copy of its table, which is rolled back: the server
-- says when it is none that an index may have. The copy is called as the file calls a row.
CREATE TEMPORARY TABLE s (LIKE {table});
CREATE INDEX sweeper_probe_index ON pg_temp.s (({expression}));
