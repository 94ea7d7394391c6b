-- Tries an index on an empty copy of its table that is rolled back: the server reports when it is not possible.
CREATE TEMPORARY TABLE sweeper_probe (LIKE {table});
CREATE UNIQUE INDEX sweeper_probe_index ON pg_temp.sweeper_probe ({key}){if partial} WHERE {predicate}{end};
