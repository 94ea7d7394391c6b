-- The predicate of the index on live sessions, in the table's own SQL, without an alias.
{if function}{live_function}({live_status}){else}{bare_status} {status_eq} ANY ({live}){end}
