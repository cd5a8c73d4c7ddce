"""Adapters: the ports of streams/ports.py on real files and a real broker."""
