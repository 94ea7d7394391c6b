-- Whether a row is a failed or running session, in the words of the index on these.
{if by_account}v.sweeper_live{else}sweeper_index.sweeper_live{end}
