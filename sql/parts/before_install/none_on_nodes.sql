-- No row, of the app's sessions: on the nodes of Citus what stands for a table of ours is read as that would be, and joined by
-- the account. No planner knows that there is none.
FROM {sessions} AS s
 WHERE pg_catalog.length({session_id}::text) < 0
