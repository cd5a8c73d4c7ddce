"""Columns, statuses and codes that the loops of this package share.

Belongs here: names of numbers. Not here: loops.

Terms are numbered in order of creation; `content` holds operator, colour and raw children, and never changes. More than
two children become a chain of hidden pairs: f(a, b, c) is f(pair(a, b), c). `label` is the class of a term as it was
when the round began, named by its smallest term; `uf` is the union-find over labels that the round works on.
Rows are the terms that rules match: of created terms congruent to each other only the oldest one.
"""

from typing import Any

Array = Any

# content: SYMBOL = operator << 2 | colour
SYMBOL, LEFT, RIGHT, CONTENT_COLUMNS = 0, 1, 2, 3
PAIR, NOT_ARRIVED, FIRST_OPERATOR = 0, 1, 2
RED, BLUE, GREEN = 1, 2, 3

# rows: labels of the children (-1: none), and whether the last round touched it
TERM, X, Y, TOUCHED, ROW_COLUMNS = 0, 1, 2, 3, 4

# snapshot, by operator, untouched before touched: term and raw children, then dense classes of the three
S_TERM, S_LEFT, S_RIGHT, S_CLASS, S_LEFT_CLASS, S_RIGHT_CLASS, SNAPSHOT_COLUMNS = 0, 1, 2, 3, 4, 5, 6
TO_CLASS = 3  # from the column of a term to that of its class
WALK = 8  # a place behind pairs: WALK + 2 * further steps to the left + 1 if a step to the right follows

# counts
TERMS, VISIBLE, ROWS, USED_SLOTS, LOGGED, FIRINGS, CLASSES, MATCHES, CANDIDATES, WAITING = range(10)
COUNTERS = 10
WAITING_COLUMNS = 3
# profile of a rule
P_CANDIDATES, P_MATCHES, P_NODES, P_UNIONS, P_REFUSED, P_FORBIDDEN, PROFILE_COLUMNS = 0, 1, 2, 3, 4, 5, 6

# state of the machine between calls
ENTRY, VARIANT, DEPTH, BUFFERED, ORDINAL, TAKEN, AFTER, STATE_COLUMNS = 0, 1, 2, 3, 4, 5, 6, 7
FRESH = -1
# blocks of the matcher
FRAMES, NEXT_FRAME, NEXT_POSITION, LEVEL_COLUMNS = 0, 1, 2, 3

# statuses
OK, NEED_TERMS, NEED_TABLE, NEED_LOG, NODE_STOP, MATCH_STOP, CANDIDATE_STOP, ORDINAL_STOP = 0, 1, 2, 3, 4, 5, 6, 7
CONFLICT, FULL, CUT = 8, 9, 10

# options of a run
O_NODES, O_MATCHES, O_CANDIDATES, O_ORDINALS, O_PLAIN, O_GUARDED, O_LOG, OPTIONS = 0, 1, 2, 3, 4, 5, 6, 7

# rules
R_VARIANTS_AT, R_VARIANTS, R_VARIABLES, R_PLACES_AT, R_ROOT, R_OPS, R_OPS_AT, R_RIGHT, R_POLICY, R_KEPT = range(10)
RULE_COLUMNS = 10
# schedule: rule, whether it meets everything, matches allowed (-1: any number), matches left out
E_RULE, E_EVERYTHING, E_ALLOWANCE, E_CUT, SCHEDULE_COLUMNS = 0, 1, 2, 3, 4
V_STEPS_AT, V_STEPS, VARIANT_COLUMNS = 0, 1, 2
SEGMENT_OLD, SEGMENT_NEW, SEGMENT_ANY = 0, 1, 2
ALT_WIDTH, TEST_WIDTH = 3, 5
T_SAME, T_COLOUR, T_COLOUR_NOT, T_DIFFERENT, T_PARENT_OF, T_OPERATOR = 0, 1, 2, 3, 4, 5
INHERIT = 0  # a policy; the others are colours
# a log entry: right, root, then the nodes chosen for the other atoms in which a rule's variables stand: the variables
# are their children. What a firing created are the terms up to `right` that no entry before it names or made: the
# result is the last node that a firing makes
LOG_HEAD = 2

# A table holds at most so many keys in so many slots: what a fuller one saves in memory, searches pay for twice
KEYS_IN, SLOTS_FOR = 9, 20
LOW_WORD = 0xFFFFFFFF
LOW_31 = 0x7FFFFFFF
