-- What a session is to get back. Of an inexact number its shortest exact text: a cast keeps six digits of a real, and fifteen
-- of a double.
{if inexact}({amount})::text::numeric{else}{amount}{end}
