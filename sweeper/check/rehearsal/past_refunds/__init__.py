"""The item `past_refunds`: compares the refunds that the app wrote itself with those of the file."""
