-- When a session failed that is closed now, as its row says afterwards; where the row alone does not tell, the moment of that.
{if closing_tells}{failed_at}{else}(SELECT clock.at FROM sweeper_clock AS clock){end}
