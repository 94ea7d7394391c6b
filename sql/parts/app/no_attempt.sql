-- The attempt of every charge where the file does not distinguish charges.
0::integer
