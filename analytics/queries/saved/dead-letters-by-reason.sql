-- What was refused, and why?
SELECT reason, source_topic, count(*) AS records, min(ts) AS first_at, max(ts) AS last_at, any_value(detail) AS example
FROM v_dead_letters
GROUP BY reason, source_topic
ORDER BY records DESC
