-- Which sessions come after a place in the order of a sweep.
%(after_id)s::text IS NULL
OR (v.started_at, v.session_id)
   {place_gt} (%(after_started_at)s::text::{started_type}, %(after_id)s::text::{session_type})
