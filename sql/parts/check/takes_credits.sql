-- Whether a row of the app's ledger, l, takes credits, or, where no amount has a sign, is no refund.
{if unsigned}({ledger_where}) IS NOT TRUE{else}l.{amount_column}::numeric < 0::numeric{end}
