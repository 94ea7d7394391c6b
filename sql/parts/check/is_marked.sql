-- Whether a column of a session, or a key of its JSON, is set: it is true, above zero, or has a word that says so.
{if words}s.{column}::text ~* %(words)s::text{else}{if json_key}(s.{column}::jsonb ->> {json_key}::text) !~* '^(|false|f|no|0|null)$'::text{else}{if flag}s.{column} IS TRUE{else}{if number}s.{column}::numeric > 0::numeric{else}s.{column} IS NOT NULL{end}{end}{end}{end}
