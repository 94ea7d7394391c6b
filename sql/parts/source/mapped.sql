-- What the mapping reads of one session row, s.
SELECT {session_id} AS session_id,
       ({account}){account_as} AS account_id,
       {attempt} AS attempt,
       {status} AS status,
       {started_at} AS started_at,
       {active_at} AS active_at,
       {failed_at} AS failed_at,
       {amount} AS amount,
       ({exclude}) IS TRUE AS excluded,{if never}
       ({never}) IS TRUE AS never,{end}
       {error} AS error{if charged},
       {charged} AS charged{end}
