-- How many facts of each kind did each producer append, and when was its last?
SELECT producer, kind, count(*) AS facts, max(appended_at) AS last_at, max(sequence) AS last_sequence
FROM facts
GROUP BY producer, kind
ORDER BY facts DESC
