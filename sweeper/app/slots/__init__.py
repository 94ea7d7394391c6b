"""What each section of the file gives the statements: slots, and the choices of their conditions."""
