-- Which sessions come after a place in the order of the ids.
%(after_id)s::text IS NULL OR v.session_id {session_gt} %(after_id)s::text::{session_type}
