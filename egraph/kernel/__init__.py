"""The compiled engine: congruence closure under the colour rule, over flat integer arrays. Imports nothing of ours."""
