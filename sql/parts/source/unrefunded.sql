-- The sessions in reach that are in no ledger.
{include live_reading}
WHERE {include live_in_scope}
  AND NOT EXISTS (
      SELECT
      FROM {refunds} AS r
      WHERE {include own_refund}
  ){if ledger}
  {include not_in_app_ledger}{end}
