-- The amounts and the account that a row of the app's ledger should have, by the refund, r.
SELECT {if meant}{each meant ", "}{value} AS {name}{end}{else}1 AS nothing{end}
FROM (
    {include refund_as_written}
) AS refund
