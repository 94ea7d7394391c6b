-- Whether a row takes credits from its account.
{amount} < 0
