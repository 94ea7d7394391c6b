-- Another unique column is the id now.
UPDATE {refunds} AS r
SET session_id = ({session_id})::text
FROM {sessions} AS s
WHERE ({old_session_id})::text = r.session_id;
UPDATE {holds} AS h
SET session_id = ({session_id})::text
FROM {sessions} AS s
WHERE ({old_session_id})::text = h.session_id;
