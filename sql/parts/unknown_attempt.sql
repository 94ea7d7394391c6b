-- What stands for the attempt in a hold on a session of which nobody can tell it: a text that no app uses for one.
' (unknown)'
