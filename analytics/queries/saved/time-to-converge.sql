-- When did the agents disagree, and for how long?
SELECT min(second) AS from_second, max(second) AS to_second, count(*) AS seconds, max(distinct_digests) AS digests
FROM (SELECT *, second - to_seconds(row_number() OVER (ORDER BY second)) AS island
      FROM v_convergence WHERE distinct_digests > 1)
GROUP BY island
ORDER BY from_second DESC
