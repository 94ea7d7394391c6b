-- Which sessions a rehearsal reads: those that it has chosen.
{session_id} {session_eq} ANY ({if by_account}%(session_ids)s::text[]::{session_type}[]{else}ARRAY(SELECT pg_catalog.unnest(%(session_ids)s::text[]::{session_type}[])){end})
