-- Which agent derived, checked or withdrew how much in which phase?
SELECT run, cycle, phase, agent, derived, checked, retracted, rounds, nodes, matches,
       date_diff('millisecond', started_at, ts) AS took_ms, reason
FROM phases
WHERE kind = 'REPORTED' AND run NOT LIKE 'sync-%'
QUALIFY row_number() OVER (PARTITION BY run, cycle, phase, agent ORDER BY "offset") = 1
ORDER BY run, cycle, ts
