-- How did the memory of each worker develop?
SELECT time_bucket(INTERVAL 10 SECOND, appended_at) AS "at", worker, max(rss_bytes) / 1e6 AS rss_mb
FROM heartbeats
GROUP BY ALL
ORDER BY worker, "at"
