-- A value of an enum as text: a column of ours with the enum would keep the app from dropping the type.
{value}::text
