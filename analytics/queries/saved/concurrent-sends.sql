-- Which of the last messages were sent without knowing of each other?
WITH sent AS (
  SELECT * FROM v_events WHERE kind = 'MessageSent' ORDER BY ts DESC LIMIT 60
)
SELECT one.ts, one.agent, one.peer, other.ts AS other_ts, other.agent AS other_agent, other.peer AS other_peer
FROM sent one JOIN sent other ON one.agent < other.agent
WHERE concurrent(one.agent, one.sequence, one.clock, other.agent, other.sequence, other.clock)
ORDER BY one.ts DESC
