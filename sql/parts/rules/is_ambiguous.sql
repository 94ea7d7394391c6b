-- Whether several partitions have a session with this id, so that nobody knows of which of them a refund is.
v.session_id {session_eq} ANY (%(ambiguous)s::text[]::{session_type}[])
