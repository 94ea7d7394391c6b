-- Whether converting the key changes the attempt of a refund, r, to that of its session's current charge. An empty text
-- is an attempt that was null, which most types cannot hold.
{if translate_attempts}true{else}{if translate_empty_attempts}r.attempt::text = ''{else}false{end}{end}
