-- Whether a session is failed or running: by the expression of the index on live sessions where it exists, so that it
-- is used; else by comparing the status, which is cheaper.
{if indexed}{live_function}({live_status}){else}{status} {status_eq} ANY ({live}){end}
