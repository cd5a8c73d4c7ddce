-- Which operators are most frequent, and in which colours?
SELECT operator, count(*) AS nodes, count(*) FILTER (WHERE colour = 'RED') AS red,
       count(*) FILTER (WHERE colour = 'BLUE') AS blue, count(*) FILTER (WHERE colour = 'GREEN') AS green
FROM facts
WHERE kind = 'NodeAdded'
GROUP BY operator
ORDER BY nodes DESC
LIMIT 100
