-- The same for an expression over a refund, with rows of the app beside it. Each of their tables is there twice, so that
-- a bare name of one of its columns is ambiguous: a bare name is the refund's. Citus joins no rows but those of one
-- account: there it is a row that has all columns and is in no table.
WITH tried (type_oid) AS (
    SELECT pg_catalog.pg_typeof((
        SELECT over_refund.value
        FROM (SELECT) AS nothing{each beside ""}
        CROSS JOIN {if on_nodes}(SELECT (NULL::{table}).*){else}{table}{end} AS {alias}
        CROSS JOIN {if on_nodes}(SELECT (NULL::{table}).*){else}{table}{end} AS sweeper_twin_{alias}{end}
        CROSS JOIN LATERAL (
            SELECT v.value
            FROM {refund_sample} AS refund
            CROSS JOIN LATERAL (SELECT CASE WHEN true THEN {expression} END AS value) AS v
        ) AS over_refund
        LIMIT %(no_rows)s::bigint
    ))::oid
)
{include described_type}
