-- An expression of the file, in brackets on lines of its own because it may end with a comment.
(
{expression}
)
