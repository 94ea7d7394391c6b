-- Whether a session, s, started since the floor, or at an unknown time. Where times have no zone, the day before it
-- counts, too, because clocks may repeat an hour.
({started_at} < {if zoned_starts}%(floor)s::timestamptz::{started_type}{else}(%(floor)s::timestamptz - interval '1 day')::{started_type}{end}) IS NOT TRUE
