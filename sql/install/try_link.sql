-- Computes `ledger.session` for the row that the refund of a made-up session would write to the app's ledger, l, and
-- compares it with that session. Reads and writes no row of the app.
SELECT found.session_id::text AS session_id,
       found.found::text AS found,
       found.found {ledger_session_eq} found.session_id{ledger_session_as} AS is_found,
       {include may_change_row} AS may_change
FROM (
    SELECT refund.session_id,
           (
               SELECT {ledger_session}
               FROM (SELECT {each written ", "}({value})::{type} AS {column}{end}) AS l
           ) AS found
    FROM (
        {include made_up_refund}
    ) AS refund
) AS found
