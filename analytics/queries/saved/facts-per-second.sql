-- How many facts were appended in each second?
SELECT date_trunc('second', appended_at) AS second, count(*) AS facts
FROM facts
GROUP BY ALL
ORDER BY second
