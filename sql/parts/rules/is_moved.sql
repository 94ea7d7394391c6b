-- Whether a session has the account, the amount and the moment of failure of a refund whose own session no longer
-- exists.
v.session_id {session_eq} ANY (%(moved)s::text[]::{session_type}[])
