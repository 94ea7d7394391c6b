-- Adds up by account what columns would take of the refunds of some sessions, by [accounts.add], beside what they have.
-- Leaves out sessions that no run would pay.
SELECT found.account_id,
       ARRAY[{each lowered ", "}pg_catalog.sum(found.{share})::text{end}]::text[] AS shares,
       ARRAY[{each lowered ", "}pg_catalog.min(found.has_{share})::text{end}]::text[] AS has
FROM (
    SELECT v.account_id::text AS account_id,
           taken.*
    FROM (
        SELECT v.*
        {include mapped_rows}
          AND NOT v.excluded
          AND {include is_charged}
          AND {include not_paid_yet}
          AND (%(since)s::timestamptz IS NULL OR v.started_at::timestamptz >= %(since)s::timestamptz)
          AND (%(max_amount)s::numeric IS NULL OR v.amount::numeric <= %(max_amount)s::numeric){if charged}
          AND v.amount::numeric <= v.charged::numeric{end}{if active}
          AND NOT {include account_inactive}{end}
    ) AS v
    CROSS JOIN LATERAL (
        SELECT taken.*
        FROM {include planned} AS refund
        CROSS JOIN LATERAL (
            SELECT {each lowered ", "}share.{share},
                   a.{column}::numeric AS has_{share}{end}
            {include shares}
        ) AS taken
    ) AS taken
) AS found
GROUP BY found.account_id
