"""Many encoded facts at once, as columns: the bulk twin of schemas/codec.py. Start at decode.py."""
