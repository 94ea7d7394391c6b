-- explain find: shows the plan for finding owed sessions, to see which index it uses.
EXPLAIN (FORMAT JSON) {include find}
