-- How did gossip latency develop, second by second, over all flows?
SELECT date_trunc('second', ts) AS second, count(*) AS messages,
       quantile_cont(latency_ms, 0.5) AS p50_ms, quantile_cont(latency_ms, 0.95) AS p95_ms,
       quantile_cont(latency_ms, 0.99) AS p99_ms
FROM v_messages
GROUP BY ALL
ORDER BY second DESC
LIMIT 600
