"""The rehearsal: compares the file with the app's own past, before it pays. Begin with `rehearse.py`."""
