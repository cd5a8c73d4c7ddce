-- How far was each agent behind what some agent held, second by second?
WITH held AS (
  SELECT date_trunc('second', appended_at) AS second, agent, max(list_sum(version)) AS position
  FROM heartbeats GROUP BY ALL
)
SELECT second, agent, (max(position) OVER (PARTITION BY second) - position)::BIGINT AS behind
FROM held
ORDER BY second DESC, agent
LIMIT 1000
