-- explain pay: has the server plan the statement that pays: it asks for all of its tables, and names a missing privilege,
-- column or guard. Nothing is run.
EXPLAIN (FORMAT JSON)
{include pay}
