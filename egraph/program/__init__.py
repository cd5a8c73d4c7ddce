"""Programs in a subset of egglog's language: read, checked, and run here alone, without Kafka and without colours.

Belongs here: the language and its engine in plain Python. Not here: facts on the log (egraph/facts.py), our own rules
(egraph/rules), files and printing (cli/run_file.py).
"""
