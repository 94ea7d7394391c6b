-- Tries an expression of the file as an index key, on an empty copy of its table that is rolled back: the server
-- reports when it cannot be indexed. The copy has the file's alias for the row as its name.
CREATE TEMPORARY TABLE s (LIKE {table});
CREATE INDEX sweeper_probe_index ON pg_temp.s (({expression}));
