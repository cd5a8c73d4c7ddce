-- Which rules and which statements made the equalities?
SELECT why, count(*) AS equalities, count(DISTINCT producer) AS producers, max(appended_at) AS last_at
FROM facts
WHERE kind = 'EqualityAsserted'
GROUP BY why
ORDER BY equalities DESC
