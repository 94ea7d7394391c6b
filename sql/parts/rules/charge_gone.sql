-- Whether no session has the id of a refund, r, any more; nor its attempt, where the moment of failure tells a later
-- charge of the same session from it.
NOT EXISTS (
    SELECT
    FROM {sessions} AS s
    WHERE {session_id} {session_eq} r.session_id{if attempt_moves}
      AND {attempt} {attempt_eq} r.attempt{end}
)
