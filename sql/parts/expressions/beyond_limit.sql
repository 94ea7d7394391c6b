-- Whether more was used of a limit than it allows.
{counter} > {limit}
