-- The same of a session as it is read, v: beside that a bare name of the file could be one of its columns.
(v.started_at < {if zoned_starts}%(floor)s::timestamptz::{started_type}{else}(%(floor)s::timestamptz - interval '1 day')::{started_type}{end}) IS NOT TRUE
