-- explain find: how the server would look for owed sessions, to see which index it uses.
EXPLAIN (FORMAT JSON) {include find}
