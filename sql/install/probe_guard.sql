-- Plans, without running it, an insert into the app's ledger, to see which unique indexes would detect a second refund.
EXPLAIN (FORMAT JSON)
INSERT INTO {ledger} AS l DEFAULT VALUES
ON CONFLICT ({ledger_key}) WHERE {ledger_guard} DO NOTHING
