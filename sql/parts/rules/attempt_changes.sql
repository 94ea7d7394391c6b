-- Whether converting the key changes the attempt of a refund, r, to that of its session's current charge. An empty text
-- is an attempt that was null, which most types cannot hold; a number below 0 is that of an earlier charge.
{if translate_attempts}{if keeps_earlier}r.attempt::text !~ '^-'{else}true{end}{else}{if translate_empty_attempts}r.attempt::text = ''{else}false{end}{end}
