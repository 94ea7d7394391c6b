-- Whether a session is one of the batch. The planner does not know the length of the array, so it looks each id up and
-- never scans the table. Citus finds the shard only by an array.
{session_id} {session_eq} ANY ({if by_account}%(in_hand)s::text[]::{session_type}[]{else}ARRAY(SELECT pg_catalog.unnest(%(in_hand)s::text[]::{session_type}[])){end})
