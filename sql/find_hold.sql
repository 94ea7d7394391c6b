-- Whether a session that the database refuses is on hold already, so that putting it on hold would be no news.
SELECT {include on_hold} AS on_hold
FROM (
    SELECT {session_id} AS session_id,
           CASE WHEN %(attempt_known)s::boolean THEN {attempt} END AS attempt
    FROM {sessions} AS s
) AS v
WHERE v.session_id {session_eq} %(session_id)s::text::{session_type}
