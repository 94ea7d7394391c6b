-- Finds the type of an expression over a refund, which may also read rows of the app. Each of their tables is joined
-- twice, so that a bare name of one of its columns is ambiguous: a bare name means the refund's. Citus joins only rows
-- of one account, so there a row with all the columns takes the place of each table.
WITH tried (type_oid) AS (
    SELECT pg_catalog.pg_typeof((
        SELECT over_refund.value
        FROM (SELECT) AS nothing{each beside ""}
        CROSS JOIN {if on_nodes}(SELECT (NULL::{table}).*){else}{table}{end} AS {alias}
        CROSS JOIN {if on_nodes}(SELECT (NULL::{table}).*){else}{table}{end} AS sweeper_twin_{alias}{end}
        CROSS JOIN LATERAL (
            SELECT v.value
            FROM {refund_sample} AS refund
            CROSS JOIN LATERAL (SELECT {include whole_expression} AS value) AS v
        ) AS over_refund
        LIMIT %(no_rows)s::bigint
    ))::oid
)
{include described_type}
