-- The amount owed for a session. A float is converted by its shortest exact text: a cast would keep only six digits of
-- a real, and fifteen of a double.
{if inexact}({amount})::text::numeric{else}{amount}{end}
