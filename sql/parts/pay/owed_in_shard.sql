-- The refunds to pay for the sessions of the batch, under names that no column of the app has, because they are read
-- beside its rows.
SELECT {each refund_names ", "}f.{name} AS sweeper_{name}{end},
       f.again AS sweeper_again,{if charged}
       f.charged AS sweeper_charged,{end}{if shares}
       f.shares AS sweeper_shares,{end}
       {if closes}f.failed_at{else}CASE WHEN f.stuck THEN f.at ELSE f.failed_at END{end} AS sweeper_failed_at
FROM sweeper_fit AS f
