-- Whether a session is one that a sweep looks at, failed or running: in the words of the index on live sessions where that
-- is there, so that it can be used; else the statuses are compared as they are, which takes less.
{if indexed}{live_function}({live_status}){else}{status} {status_eq} ANY ({live}){end}
