-- The refunds to pay for the sessions in hand, beside whose rows they are read: their names cannot be those of the app's
-- columns.
SELECT {each refund_names ", "}f.{name} AS sweeper_{name}{end},
       f.again AS sweeper_again,{if charged}
       f.charged AS sweeper_charged,{end}{if shares}
       f.shares AS sweeper_shares,{end}
       {if closes}f.failed_at{else}CASE WHEN f.stuck THEN f.at ELSE f.failed_at END{end} AS sweeper_failed_at
FROM sweeper_fit AS f
