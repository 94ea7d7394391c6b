-- Whether the attempt of a refund, r, becomes that of the charge that its session is at. An empty text is an attempt that
-- was null, and no value of most types.
{if translate_attempts}true{else}{if translate_empty_attempts}r.attempt::text = ''{else}false{end}{end}
