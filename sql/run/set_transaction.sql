-- Sets the timeouts and other settings of this transaction alone. It runs under whatever search path the connection
-- has, so it calls functions of pg_catalog by their full names, and uses no bare operator or type that the path could
-- replace.
SELECT pg_catalog.set_config('lock_timeout', pg_catalog.concat(least(
           %(lock_ms)s::bigint,
           -- the longest waiter becomes the deadlock victim: the sweep gives up before the app has to
           greatest(1, (500 OPERATOR(pg_catalog.*) extract(epoch FROM pg_catalog.current_setting('deadlock_timeout')::interval))::bigint)
       ), 'ms'), true),
       pg_catalog.set_config('statement_timeout', pg_catalog.concat(%(statement_ms)s::bigint, 'ms'), true),
       pg_catalog.set_config('idle_in_transaction_session_timeout', pg_catalog.concat(%(idle_ms)s::bigint, 'ms'), true),
       pg_catalog.set_config('search_path', coalesce(
           %(search_path)s::varchar,
           -- pg_catalog is searched first where a path does not name it; after another schema it would come second
           pg_catalog.regexp_replace(
               pg_catalog.current_setting('search_path'), '(^|[, ])"?pg_catalog"?(?=$|[, ])', E'\\1""', 'gi'
           )
       ), true),
       pg_catalog.set_config('row_security', 'off', true),
       -- how the app's own texts and its floating-point balances are read
       pg_catalog.set_config('standard_conforming_strings', 'on', true),
       pg_catalog.set_config('extra_float_digits', '1', true),
       -- else a value that is missing in an array of ours would be the text NULL
       pg_catalog.set_config('array_nulls', 'on', true),
       -- the decimal places of the type money: the role's own setting, whatever another client has left
       pg_catalog.set_config('lc_monetary', NULL, true),
       -- how numbers and times are written: the role's own setting, too
       pg_catalog.set_config('lc_numeric', NULL, true),
       pg_catalog.set_config('lc_time', NULL, true),
       -- how bytes are written as text
       pg_catalog.set_config('bytea_output', 'hex', true),
       -- by which language texts are searched: the role's own setting, too
       pg_catalog.set_config('default_text_search_config', NULL, true),
       -- else a comparison with null in the file's SQL could be true
       pg_catalog.set_config('transform_null_equals', 'off', true),
       -- else a GIN index scan could return a random subset of the rows
       pg_catalog.set_config('gin_fuzzy_search_limit', '0', true),
       -- since version 17; the timeouts above limit each statement. A timer that is already running is stopped first:
       -- it would not be set anew
       CASE WHEN pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL
           THEN pg_catalog.set_config('transaction_timeout', '0', true)
       END,
       CASE WHEN pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL
           THEN pg_catalog.set_config('transaction_timeout', pg_catalog.concat(%(transaction_ms)s::bigint, 'ms'), true)
       END,
       -- a client that no longer receives is dropped: until then a server that cannot send would keep its locks
       pg_catalog.set_config('tcp_user_timeout', pg_catalog.concat(%(tcp_user_ms)s::bigint, 'ms'), true),
       pg_catalog.set_config('TimeZone', %(timezone)s, true),
       pg_catalog.set_config('DateStyle', 'ISO, MDY', true),
       pg_catalog.set_config('IntervalStyle', 'postgres', true),
       -- how the server writes the app's names, with which the installation is compared
       pg_catalog.set_config('quote_all_identifiers', 'off', true),
       -- compiling a statement takes longer than running it for one page
       pg_catalog.set_config('jit', 'off', true),
       -- for a full sweep, which compares all of history with the ledger at once; no other statement needs it
       pg_catalog.set_config(
           'work_mem',
           pg_catalog.concat(pg_catalog.div(
               greatest(pg_catalog.pg_size_bytes(pg_catalog.current_setting('work_mem')), 16777216), 1024
           ), 'kB'),
           true
       ),
       -- one core at most: the others are for the app
       pg_catalog.set_config('max_parallel_workers_per_gather', '0', true),
       -- only a superuser may set it; behind a pooler it may be left from another client
       pg_catalog.current_setting('session_replication_role') AS replication_role
