-- Do all agents hold the same facts and see the same graph?
SELECT agent, facts, classes, accepted, quarantined, left(set_digest, 8) AS facts_digest,
       left(view_digest, 8) AS view_digest,
       view_digest = mode(view_digest) OVER () AS agrees
FROM v_agents
ORDER BY agent
