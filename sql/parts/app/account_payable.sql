-- What must be true of an account to be paid: it is active, and it has a balance.
({active}){if may_lack_balance} AND ({balance}) IS NOT NULL{end}
