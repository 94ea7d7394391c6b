-- How many rows of sessions the server has counted as updated or deleted on this connection; null where it counts none,
-- or not under this table. The number includes earlier transactions, so only a difference within one says anything.
{if counts_changes}
CASE WHEN pg_catalog.current_setting('track_counts')::boolean
    THEN pg_catalog.pg_stat_get_xact_tuples_updated({sessions_text}::regclass)
        + pg_catalog.pg_stat_get_xact_tuples_deleted({sessions_text}::regclass)
END
{else}
NULL::bigint
{end}
