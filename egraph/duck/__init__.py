"""Duck colours: an operator is coloured by what it does. Which colour it gets and why, as data and pure functions.

Belongs here: drawing, inferring, choosing, comparing and explaining colours. Not here: the rule between the colours of
parent and child (egraph/colours.py), colouring real input (streams/ingest/colouring.py), what a colour looks like
(dash_app).
"""
