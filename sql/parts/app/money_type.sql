-- The casts from a number to money: by way of numeric, the only type to which every number and money can be cast.
numeric::money
