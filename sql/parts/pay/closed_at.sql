-- The moment of failure of a session that is being closed: as its row gives it, or the time of the closing where the
-- row alone does not give it.
{if closing_tells}{failed_at}{else}(SELECT clock.at FROM sweeper_clock AS clock){end}
