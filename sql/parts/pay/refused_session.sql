-- The session that the database refuses, v, with its attempt where that can be read.
FROM (
    SELECT {session_id} AS session_id,{if by_account}
           {account} AS account_id,{end}
           CASE WHEN %(attempt_known)s::boolean THEN {attempt} END AS attempt
    FROM {sessions} AS s
) AS v
WHERE v.session_id {session_eq} %(session_id)s::text::{session_type}
