-- Puts one session that the database refuses on hold, with the database's own message. An attempt that cannot be read
-- is null.
INSERT INTO {holds} AS h (
    hold_key, session_id, attempt, {if by_account}account_id, {end}why, sqlstate, message, constraint_name, first_seen, last_seen, run_id
)
SELECT {if several_in_hand}DISTINCT ON (1) {end}{include hold_key},
       v.session_id,
       (v.attempt)::text,{if by_account}
       v.account_id,{end}
       %(why)s::text,
       %(sqlstate)s::text,
       %(message)s::text,
       nullif(%(constraint_name)s::text, ''),
       %(as_of)s::timestamptz,
       %(as_of)s::timestamptz,
       %(run_id)s::uuid
{include refused_session}
{include on_hold_again}
RETURNING h.run_id = %(run_id)s::uuid AS new
