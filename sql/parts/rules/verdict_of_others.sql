-- The remaining rules for a session that is not in sweeper's own ledger: the last branches of a CASE.
{if ledger}
WHEN {include refunded_by_app} THEN 'refunded'
{end}
{include verdict_of_unpaid}
