-- Whether a session is one of those in hand. An array whose length the planner does not know: it looks each id up, and never
-- reads the whole table. Citus finds the shard only by an array.
{session_id} {session_eq} ANY ({if by_account}%(in_hand)s::text[]::{session_type}[]{else}ARRAY(SELECT pg_catalog.unnest(%(in_hand)s::text[]::{session_type}[])){end})
