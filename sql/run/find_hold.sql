-- Whether a session that the database refuses is on hold already, so that putting it on hold would be no news.
SELECT {include on_hold} AS on_hold
{include refused_session}
