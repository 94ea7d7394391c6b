-- The sessions in reach that are in no ledger.
{include reading}
    WHERE {include live_in_scope}
      AND NOT EXISTS (
          SELECT
          FROM {refunds} AS r
          WHERE r.session_id = v.session_id AND r.attempt = v.attempt
      )
      {include not_in_app_ledger}
