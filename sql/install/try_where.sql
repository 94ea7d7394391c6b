-- Whether the row that the refund of a made-up session writes to the app's ledger, l, is a refund by `ledger.where`: no row
-- of the app's is read, and none is written.
SELECT (
           SELECT ({ledger_where}) IS TRUE
           FROM (SELECT {each written ", "}({value})::{type} AS {column}{end}) AS l
       ) AS matches,
       {include may_change_row} AS may_change
FROM (
    {include made_up_refund}
) AS refund
