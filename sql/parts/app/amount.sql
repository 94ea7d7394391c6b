-- What is owed for a session. An inexact number by its shortest exact text: a cast keeps six digits of a real, and
-- fifteen of a double.
{if inexact}({amount})::text::numeric{else}{amount}{end}
