-- Whether several partitions have a session with this id, so that it is not known which of them a refund is for.
v.session_id {session_eq} ANY (%(ambiguous)s::text[]::{session_type}[])
