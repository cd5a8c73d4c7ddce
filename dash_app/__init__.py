"""Pixels: the Dash console. It sees the read model and nothing behind it."""
