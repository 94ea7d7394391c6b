-- The attempt of every charge where the file does not tell charges apart.
0::integer
