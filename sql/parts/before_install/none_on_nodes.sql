-- No rows of the app's sessions: on the nodes of Citus what stands for a table of ours is read like it, and joined by
-- the account. The planner does not know that it is empty.
FROM {sessions} AS s
 WHERE pg_catalog.length({session_id}::text) < 0
