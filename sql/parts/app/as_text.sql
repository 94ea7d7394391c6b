-- The value of an enum as text: the app could not drop the type while a column of ours had it.
{value}::text
