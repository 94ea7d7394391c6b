-- Evaluates `ledger.where` for the row that the refund of a made-up session would write to the app's ledger, l. Reads
-- and writes no row of the app.
SELECT (
           SELECT ({ledger_where}) IS TRUE
           FROM (SELECT {each written ", "}({value})::{type} AS {column}{end}) AS l
       ) AS is_found,
       {include may_change_row} AS may_change
FROM (
    {include made_up_refund}
) AS refund
