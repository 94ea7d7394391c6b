"""The item `charges`: compares the amounts with what was taken."""
