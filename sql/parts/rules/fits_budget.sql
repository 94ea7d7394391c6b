-- Whether the credits cap leaves room for this one; one that will be held needs none.
%(budget)s::numeric IS NULL
    OR v.amount::numeric <= %(budget)s::numeric
    OR ({include hold_reason}) IS NOT NULL
