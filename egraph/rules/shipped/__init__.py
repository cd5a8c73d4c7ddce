"""Rules that come with the program: true of Python expressions, each with the types of operands for which it is true.

Belongs here: rules as text, their types, and choosing among them. Not here: finding out the types of an expression:
who uses these rules says what all the operands are. Operators are those of streams/ingest/python_syntax.py.

"True" means: for all operands of these types, mixed as they come, both sides give the same value of the same type, or
the same exception. What is assumed of operands:

    they have no effects and raise nothing   a rule may turn their order round, drop them or evaluate them twice
    they can be evaluated repeatedly         with the same value each time
    so can what operators ask of them        the truth value of an object, `==`, `in`; no answer has an effect
    memory suffices                          a number that does not fit in it is no value

Numbers are the same if type and value are. Python leaves open whether they are then one object, so rules for numbers
say nothing about `is` between numbers.
"""

from egraph.rules.shipped.choice import python_rules

__all__ = ["python_rules"]
