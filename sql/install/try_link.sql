-- What `ledger.session` gives for the row that a refund of a made-up session writes to the app's ledger, l, and whether that
-- is the session: no row of the app's is read, and none is written.
SELECT found.session_id::text AS session_id,
       found.found::text AS found,
       found.found {ledger_session_eq} found.session_id{ledger_session_as} AS meets,
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
