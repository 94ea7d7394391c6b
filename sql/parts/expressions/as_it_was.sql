-- Whether a refund writes to a column of a session, s, what it has there already.
s.{column} IS NOT DISTINCT FROM (SELECT o.{column} FROM {sessions} AS o WHERE o.{key} {session_eq} s.{key})
