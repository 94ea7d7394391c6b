-- Whether a session is one of those that were asked for, or none was named.
%(session_ids)s::text[] IS NULL
OR v.session_id {session_eq} ANY (%(session_ids)s::text[]::{session_type}[])
