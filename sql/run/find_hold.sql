-- Reports whether a session that the database refuses is on hold already, so that putting it on hold is not reported as
-- new.
SELECT {include on_hold} AS on_hold
{include refused_session}
