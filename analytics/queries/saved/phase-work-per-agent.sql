-- Which agent derived, checked or withdrew how much in which phase?
SELECT run, cycle, phase, agent, derived, checked, retracted, rounds, nodes, matches,
       date_diff('millisecond', started_at, ts) AS took_ms, reason
FROM v_phase_reports
ORDER BY run, cycle, ts
