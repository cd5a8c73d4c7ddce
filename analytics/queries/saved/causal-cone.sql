-- What happened before, after and beside the newest convergence?
WITH apex AS (
  SELECT agent, sequence, clock FROM v_events WHERE kind = 'ConvergenceDetected' ORDER BY ts DESC LIMIT 1
)
SELECT causal_relation(event.agent, event.sequence, event.clock, apex.agent, apex.sequence, apex.clock) AS relation,
       event.agent, event.kind, count(*) AS events, min(event.ts) AS first_at, max(event.ts) AS last_at
FROM v_events AS event, apex
GROUP BY ALL
ORDER BY relation, event.agent, events DESC
