"""The local launcher: finds or starts a broker and supervises the processes of one system."""
