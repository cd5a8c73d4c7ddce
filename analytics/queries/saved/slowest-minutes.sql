-- In which minutes was which flow slowest?
SELECT start AS minute, sender, receiver, messages, p50_ms, p95_ms, p99_ms
FROM v_flow_rollup
WHERE grain = 'minute'
ORDER BY p95_ms DESC NULLS LAST
LIMIT 50
