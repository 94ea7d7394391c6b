-- Which session a refund is of, by the table's own index.
r.session_id {session_eq} v.session_id
