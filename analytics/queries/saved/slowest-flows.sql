-- Which flows were slowest in the last five minutes?
SELECT sender, receiver, sum(messages)::BIGINT AS messages, max(p95_ms) AS worst_p95_ms, max(p99_ms) AS worst_p99_ms
FROM v_flow_1s
WHERE second > (SELECT max(second) FROM v_flow_1s) - INTERVAL 5 MINUTE
GROUP BY sender, receiver
ORDER BY worst_p95_ms DESC
