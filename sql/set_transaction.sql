-- Sets the bounds and the surroundings of this transaction, and of no other.
SELECT set_config('lock_timeout', least(
           %(lock_ms)s::bigint,
           -- whoever waits longest is the deadlock victim: the sweep gives way before the app has to
           greatest(1, (500 * extract(epoch FROM current_setting('deadlock_timeout')::interval))::bigint)
       ) || 'ms', true),
       set_config('statement_timeout', %(statement_ms)s::bigint || 'ms', true),
       set_config('idle_in_transaction_session_timeout', %(idle_ms)s::bigint || 'ms', true),
       set_config('search_path', coalesce(%(search_path)s::text, current_setting('search_path')), true),
       set_config('row_security', 'off', true),
       -- how the app's own texts and its floating balances are read
       set_config('standard_conforming_strings', 'on', true),
       set_config('extra_float_digits', '1', true),
       -- the server has it since version 17; those above bound each statement
       CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL
           THEN set_config('transaction_timeout', '0', true)
       END,
       set_config('TimeZone', %(timezone)s, true),
       set_config('DateStyle', 'ISO, MDY', true),
       set_config('IntervalStyle', 'postgres', true),
       -- compiling a statement takes longer than running it over one page
       set_config('jit', 'off', true),
       -- for a full sweep, which holds all of history against the ledger at once; no other statement needs it
       set_config(
           'work_mem',
           greatest(pg_size_bytes(current_setting('work_mem')), 16 * 1024 * 1024::bigint) / 1024 || 'kB',
           true
       ),
       -- one core at the most: the others are the app's
       set_config('max_parallel_workers_per_gather', '0', true)
