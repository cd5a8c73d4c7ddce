"""The command line, and the composition root of every process."""
