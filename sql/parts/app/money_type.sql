-- The casts by which a number becomes money: from numeric, the only type that all numbers have in common with it.
numeric::money
