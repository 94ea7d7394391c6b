-- plan pay: lets the server plan the statement that pays, and do nothing: it names a missing privilege, column or guard.
EXPLAIN (FORMAT JSON) {include pay}
