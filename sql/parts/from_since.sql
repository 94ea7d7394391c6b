-- Whether the session started at the floor or later.
v.started_at >= %(since)s::timestamptz::{started_type}
