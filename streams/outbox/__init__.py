"""The producer without I/O: what is kept, what goes next, and the ports to the spool and the log."""
