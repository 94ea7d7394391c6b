-- Whether a session as it is read, v, started since the floor: for use where v hides the session row, s.
(v.started_at < {if zoned_starts}%(floor)s::timestamptz::{started_type}{else}(%(floor)s::timestamptz - interval '1 day')::{started_type}{end}) IS NOT TRUE
