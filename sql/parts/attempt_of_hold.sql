-- The attempt under which a session that the database refuses is on hold.
CASE WHEN %(attempt_known)s::boolean THEN {attempt} ELSE {include unknown_attempt} END
