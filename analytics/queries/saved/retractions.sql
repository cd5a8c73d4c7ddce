-- What was retracted, by whom and why, and how long had it stood?
SELECT taken.appended_at, taken.producer, taken.why, given.kind, given.producer AS stated_by,
       taken.appended_at - given.appended_at AS stood_for, taken.target
FROM facts taken LEFT JOIN facts given ON given.event_id = taken.target
WHERE taken.kind = 'FactRetracted'
ORDER BY taken.appended_at DESC
LIMIT 500
