-- Which nodes were added by more than one producer?
SELECT node_id, any_value(operator) AS operator, any_value(colour) AS colour, count(DISTINCT producer) AS producers
FROM facts
WHERE kind = 'NodeAdded'
GROUP BY node_id
HAVING count(DISTINCT producer) > 1
ORDER BY producers DESC, node_id
LIMIT 200
