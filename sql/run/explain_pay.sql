-- explain pay: has the server plan the statement that pays, without running it, so that it reports a missing privilege,
-- column or guard.
EXPLAIN (FORMAT JSON)
{include pay}
