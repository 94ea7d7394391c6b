-- The state of a session whose states are rows of a table of events.
(SELECT e.{state} FROM {events} AS e WHERE e.{session} = s.{key} ORDER BY e.{time} DESC, e.{event_key} DESC LIMIT 1)
