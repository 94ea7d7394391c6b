-- Exports the refunds of a period as CSV, one to a row, oldest first, with what was taken back before the period's end.
-- A text whose first character could make a spreadsheet take it for a formula gets an apostrophe.
COPY (
    SELECT r.refund_id,
           CASE WHEN pg_catalog.ascii(r.session_id::text) IN ({include formula_signs}) THEN '''' || r.session_id::text
                ELSE r.session_id::text END AS session_id,
           CASE WHEN pg_catalog.ascii(r.account_id::text) IN ({include formula_signs}) THEN '''' || r.account_id::text
                ELSE r.account_id::text END AS account_id,
           CASE WHEN pg_catalog.ascii(r.attempt::text) IN ({include formula_signs}) THEN '''' || r.attempt::text
                ELSE r.attempt::text END AS attempt,
           r.amount,
           CASE WHEN pg_catalog.ascii(r.reason) IN ({include formula_signs}) THEN '''' || r.reason
                ELSE r.reason END AS reason,
           CASE WHEN pg_catalog.ascii(r.detail) IN ({include formula_signs}) THEN '''' || r.detail
                ELSE r.detail END AS detail,
           CASE WHEN pg_catalog.ascii(r.layer) IN ({include formula_signs}) THEN '''' || r.layer
                ELSE r.layer END AS layer,
           r.run_id,
           r.failed_at,
           r.created_at,
           v.reversal_id,
           v.amount AS reversed_amount,
           v.created_at AS reversed_at,
           r.again{if charged},
           r.charged{end}
    FROM {refunds} AS r
    {if by_account}
    LEFT JOIN {reversals} AS v
      ON v.refund_id = r.refund_id AND v.account_id {account_eq} r.account_id AND v.created_at < {until}::timestamptz
    {else}
    LEFT JOIN LATERAL (
        SELECT v.reversal_id, v.amount, v.created_at
        FROM {reversals} AS v
        WHERE v.refund_id = r.refund_id
          AND v.created_at < {until}::timestamptz
          -- there are few: a hash table rules out most refunds, and the order of the index is kept
          AND r.refund_id IN (SELECT reversed.refund_id FROM {reversals} AS reversed)
        LIMIT 1
    ) AS v ON true
    {end}
    WHERE r.created_at >= {since}::timestamptz
      AND r.created_at < {until}::timestamptz
    ORDER BY r.created_at, r.run_id
) TO STDOUT (FORMAT csv, HEADER)
