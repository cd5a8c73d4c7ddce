"""How much a stranger may ask and get. Belongs here: numbers that both sides of the fork know."""

TEXT_BYTES_MAX = 16 * 1024
ROWS_MAX = 1000
ANSWER_BYTES_MAX = 1024 * 1024
