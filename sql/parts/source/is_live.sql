-- Whether a row is a failed or running session, by the expression of the index on live sessions.
{if by_account}v.sweeper_live{else}sweeper_index.sweeper_live{end}
