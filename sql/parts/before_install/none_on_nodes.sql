-- Selects no row of the app's sessions. On the nodes of Citus, what takes the place of a table of ours is a table like
-- it, too, and is joined by account. The planner cannot see that the condition is never true.
FROM {sessions} AS s
 WHERE pg_catalog.length({session_id}::text) < 0
