"""The live page: agents, percentiles, flows, equalities and the last facts."""
