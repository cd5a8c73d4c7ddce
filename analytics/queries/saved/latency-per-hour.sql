-- How has the latency of each flow developed, hour by hour?
SELECT start AS hour, sender, receiver, messages, p50_ms, p95_ms, p99_ms, mbps
FROM v_flow_rollup
WHERE grain = 'hour'
ORDER BY hour, sender, receiver
