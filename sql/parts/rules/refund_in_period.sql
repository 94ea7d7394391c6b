-- A refund of the session's current charge, or one paid again by a user, that was written in the period and not taken
-- back.
r.session_id {session_eq} v.session_id
AND r.attempt {attempt_eq} v.attempt
{include refund_here}
AND {include in_period}
AND {include not_reversed}
