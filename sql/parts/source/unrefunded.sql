-- The sessions in reach that are in no ledger.
{include live_reading}
WHERE {include live_in_scope}
  {include not_in_own_ledger}{if ledger}
  {include not_in_app_ledger}{end}
