"""The event log shell: processors without I/O, and the runtimes that drive them."""
