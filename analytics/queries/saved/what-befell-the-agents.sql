-- Which agents were lost, restarted or parked, and who ordered what?
SELECT ts, kind, agent, attempt, told_by, detail
FROM v_turns
ORDER BY ts DESC
LIMIT 200
