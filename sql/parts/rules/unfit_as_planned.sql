-- Why a run would not write the refund that it would make of a session, or would take it back; null when it would keep
-- it. A batch sees the second by the balances that it reads back, so that only what does not write has to compute it.
{if reads_back}coalesce({include unfit}, {include unmoved}){else}{include unfit}{end}
