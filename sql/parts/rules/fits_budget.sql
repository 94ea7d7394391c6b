-- Whether the credits cap leaves room for this session; one that will be held needs no room.
%(budget)s::numeric IS NULL
    OR v.amount::numeric <= %(budget)s::numeric
    OR ({include hold_reason}) IS NOT NULL
