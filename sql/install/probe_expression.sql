-- Tries an expression of the file as the key of an index, on an empty copy of its table, which is rolled back: the server
-- says when an index cannot have it. The copy has the alias that the file uses for a row.
CREATE TEMPORARY TABLE s (LIKE {table});
CREATE INDEX sweeper_probe_index ON pg_temp.s (({expression}));
