"""Chaos: a real system under load while faults are done to it, and a check of what is left.

Belongs here: the plan of faults, the hands that do them, the load, the judge, the report. Not here: what a production
system does about faults, which lives where the fault hits.
"""
