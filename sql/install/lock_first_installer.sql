-- Lets first installations take turns, when there is no table yet whose rows could be locked. Without a bind: with one
-- the server keeps the statement's snapshot, for which the index builds would wait.
SELECT pg_catalog.pg_try_advisory_xact_lock(
           pg_catalog.hashtextextended(pg_catalog.concat('sweeper install ', {schema_text}), 0)
       ) AS taken
