-- The public views, over the tables facts, events, heartbeats, lifecycle, phases, dead_letters and flow_* that
-- analytics/catalog.py defines.
-- A comment before each view is its line in `egraph sql --list`. Times are UTC; latencies in milliseconds.

-- v_agents: the newest heartbeat of each agent.
CREATE OR REPLACE VIEW v_agents AS
SELECT * FROM heartbeats
QUALIFY row_number() OVER (PARTITION BY agent ORDER BY "offset" DESC) = 1;

-- v_messages: every message that arrived, from sender to receiver, with its latency.
CREATE OR REPLACE VIEW v_messages AS
SELECT ts, peer AS sender, agent AS receiver, latency_us / 1000.0 AS latency_ms, bytes, facts, useful,
       kind = 'AckReceived' AS is_ack, message_id, sender_incarnation
FROM events
WHERE kind IN ('MessageReceived', 'AckReceived');

-- v_events: every event with its vector clock as one list: entry k + 1 is that of agent k.
CREATE OR REPLACE VIEW v_events AS
SELECT ts, kind, agent, peer, incarnation, sequence, message_id, sender_incarnation, sent_at, latency_us, bytes, facts,
       useful, held, colour, digest, partition, "offset", list_value(*COLUMNS('^vc[0-9]+$')) AS clock
FROM events;

-- v_flow_1s: per flow and second, exact percentiles of latency, payload Mbit/s, and useful of received facts.
CREATE OR REPLACE VIEW v_flow_1s AS
SELECT date_trunc('second', ts) AS second, sender, receiver,
       count(*) AS messages,
       quantile_cont(latency_ms, 0.5) AS p50_ms,
       quantile_cont(latency_ms, 0.95) AS p95_ms,
       quantile_cont(latency_ms, 0.99) AS p99_ms,
       sum(bytes) * 8 / 1e6 AS mbps,
       sum(facts) AS facts,
       sum(useful) AS useful
FROM v_messages
GROUP BY ALL;

-- v_flow_buckets: per flow and second, minute or hour (grain), how many messages took how long: histograms that add up.
CREATE OR REPLACE VIEW v_flow_buckets AS
SELECT grain, start, sender, receiver, is_ack, bucket, pow(2, (bucket + 0.5) / 16) / 1000.0 AS latency_ms,
       sum(messages)::BIGINT AS messages, sum(bytes)::BIGINT AS bytes, sum(facts)::BIGINT AS facts,
       sum(useful)::BIGINT AS useful
FROM (
  SELECT 'second' AS grain, * FROM flow_seconds
  UNION ALL SELECT 'minute' AS grain, * FROM flow_minutes
  UNION ALL SELECT 'hour' AS grain, * FROM flow_hours
)
GROUP BY ALL;

-- flow_window(since, until): a table, per flow the percentiles of any window, from the histograms of its seconds (2.2 %).
CREATE OR REPLACE MACRO flow_window(since, until) AS TABLE
  WITH running AS (
    SELECT *, sum(messages) FILTER (WHERE bucket IS NOT NULL) OVER (flow ORDER BY bucket) AS reached,
           sum(messages) FILTER (WHERE bucket IS NOT NULL) OVER flow AS known
    FROM (
      SELECT sender, receiver, bucket, latency_ms, sum(messages) AS messages, sum(bytes) AS bytes, sum(facts) AS facts,
             sum(useful) AS useful
      FROM v_flow_buckets WHERE grain = 'second' AND start >= since AND start < until GROUP BY ALL
    )
    WINDOW flow AS (PARTITION BY sender, receiver)
  )
  SELECT sender, receiver, sum(messages)::BIGINT AS messages,
         min(latency_ms) FILTER (WHERE reached >= 0.50 * known) AS p50_ms,
         min(latency_ms) FILTER (WHERE reached >= 0.95 * known) AS p95_ms,
         min(latency_ms) FILTER (WHERE reached >= 0.99 * known) AS p99_ms,
         sum(bytes)::BIGINT AS bytes, sum(facts)::BIGINT AS facts, sum(useful)::BIGINT AS useful
  FROM running GROUP BY sender, receiver;

-- v_flow_rollup: per flow and second, minute or hour (grain), percentiles from histograms (2.2 %), and payload Mbit/s.
CREATE OR REPLACE VIEW v_flow_rollup AS
WITH running AS (
  SELECT *, sum(messages) FILTER (WHERE bucket IS NOT NULL) OVER (span ORDER BY bucket) AS reached,
         sum(messages) FILTER (WHERE bucket IS NOT NULL) OVER span AS known
  FROM (
    SELECT grain, start, sender, receiver, bucket, latency_ms, sum(messages) AS messages, sum(bytes) AS bytes,
           sum(facts) AS facts, sum(useful) AS useful
    FROM v_flow_buckets GROUP BY ALL
  )
  WINDOW span AS (PARTITION BY grain, start, sender, receiver)
)
SELECT grain, start, sender, receiver, sum(messages)::BIGINT AS messages,
       min(latency_ms) FILTER (WHERE reached >= 0.50 * known) AS p50_ms,
       min(latency_ms) FILTER (WHERE reached >= 0.95 * known) AS p95_ms,
       min(latency_ms) FILTER (WHERE reached >= 0.99 * known) AS p99_ms,
       sum(bytes) * 8 / 1e6 / CASE grain WHEN 'second' THEN 1 WHEN 'minute' THEN 60 ELSE 3600 END AS mbps,
       sum(facts)::BIGINT AS facts, sum(useful)::BIGINT AS useful
FROM running
GROUP BY grain, start, sender, receiver;

-- v_sync_efficiency: per flow, new facts as a share of received facts, and payload bytes of deltas as a share of all.
CREATE OR REPLACE VIEW v_sync_efficiency AS
SELECT sender, receiver,
       sum(useful) / nullif(sum(facts), 0) AS useful_share,
       coalesce(sum(bytes) FILTER (WHERE NOT is_ack), 0) / nullif(sum(bytes), 0) AS sync_to_total
FROM v_messages
GROUP BY ALL;

-- v_latency_buckets: how many facts took how long from the broker's append to an agent's fold.
CREATE OR REPLACE VIEW v_latency_buckets AS
SELECT date_trunc('second', ts) AS second, agent, item.bucket AS bucket, item.count AS facts,
       pow(2, (item.bucket + 0.5) / 16) / 1000.0 AS latency_ms
FROM (SELECT ts, agent, unnest(latencies) AS item FROM events WHERE kind = 'HeartbeatSent');

-- v_end_to_end: percentiles of the time from append to fold, over all facts and agents (buckets of 4.4 %).
CREATE OR REPLACE VIEW v_end_to_end AS
WITH totals AS (
  SELECT bucket, min(latency_ms) AS latency_ms, sum(facts) AS facts FROM v_latency_buckets GROUP BY bucket
), running AS (
  SELECT latency_ms, sum(facts) OVER (ORDER BY bucket) AS reached, sum(facts) OVER () AS everything FROM totals
)
SELECT min(latency_ms) FILTER (WHERE reached >= 0.50 * everything) AS p50_ms,
       min(latency_ms) FILTER (WHERE reached >= 0.95 * everything) AS p95_ms,
       min(latency_ms) FILTER (WHERE reached >= 0.99 * everything) AS p99_ms,
       max(everything) AS folds
FROM running;

-- v_convergence: per second, how many different view digests the agents reported.
CREATE OR REPLACE VIEW v_convergence AS
SELECT date_trunc('second', ts) AS second, count(DISTINCT digest) AS distinct_digests, count(DISTINCT agent) AS agents
FROM events
WHERE kind = 'HeartbeatSent'
GROUP BY ALL;

-- v_turns: what befell agents and who ordered it, newest first; agent is NULL for what is about the whole system.
CREATE OR REPLACE VIEW v_turns AS
SELECT appended_at AS ts, kind, agent, incarnation, attempt, workers, told_by, detail
FROM lifecycle
WHERE kind NOT LIKE 'ROUND_%'
ORDER BY "offset" DESC;

-- v_sync_rounds: each round in which all agents were asked what they hold, and what came of it.
CREATE OR REPLACE VIEW v_sync_rounds AS
SELECT round, min(ts) AS started_at, max(ts) FILTER (WHERE kind = 'ROUND_COMPLETED') AS completed_at,
       date_diff('millisecond', min(ts), max(ts) FILTER (WHERE kind = 'ROUND_COMPLETED')) AS took_ms,
       max(detail) FILTER (WHERE kind = 'ROUND_COMPLETED') AS outcome
FROM lifecycle
WHERE kind LIKE 'ROUND_%'
GROUP BY round;

-- v_phase_reports: what each agent told of each phase of a saturation; one that was asked again told the same again.
CREATE OR REPLACE VIEW v_phase_reports AS
SELECT * FROM phases
WHERE kind = 'REPORTED' AND run NOT LIKE 'sync-%'
QUALIFY row_number() OVER (PARTITION BY run, cycle, phase, agent ORDER BY "offset") = 1;

-- v_phases: per run, cycle and phase of a saturation, what its agents did and why they stopped.
CREATE OR REPLACE VIEW v_phases AS
SELECT run, cycle, phase, count(*) AS agents, min(started_at) AS started_at, max(ts) AS ended_at,
       sum(derived) AS derived, sum(checked) AS checked, sum(retracted) AS retracted, sum(unproven) AS unproven,
       max(rounds) AS rounds, max(nodes) AS nodes, max(matches) AS matches,
       string_agg(DISTINCT reason, ', ' ORDER BY reason) AS reasons
FROM v_phase_reports
GROUP BY ALL;

-- v_rule_profile: per run, cycle and phase, what each rule did and took, on the agent that matched most (agents of one role do the same work); rule is NULL for all those that the report has no room for.
CREATE OR REPLACE VIEW v_rule_profile AS
WITH chosen AS (
  SELECT * FROM v_phase_reports
  WHERE len(rules) > 0 OR rules_left_out > 0
  QUALIFY row_number() OVER (PARTITION BY run, cycle, phase ORDER BY matches DESC, time_us DESC, agent) = 1
), told AS (
  SELECT run, cycle, phase, agent, unnest(rules) AS item FROM chosen
), named AS (
  SELECT run, cycle, phase, agent, item.rule AS rule, 1::BIGINT AS rules, item.candidates AS candidates,
         item.matches AS matches, item.nodes AS new_nodes, item.unions AS new_unions, item.time_us AS time_us
  FROM told
), sums AS (
  SELECT run, cycle, phase, sum(candidates) AS candidates, sum(matches) AS matches, sum(new_nodes) AS new_nodes,
         sum(new_unions) AS new_unions, sum(time_us) AS time_us
  FROM named
  GROUP BY run, cycle, phase
)
SELECT * FROM named
UNION ALL
SELECT run, cycle, phase, agent, NULL, rules_left_out, (chosen.candidates - coalesce(sums.candidates, 0))::BIGINT,
       (chosen.matches - coalesce(sums.matches, 0))::BIGINT, (chosen.new_nodes - coalesce(sums.new_nodes, 0))::BIGINT,
       (chosen.new_unions - coalesce(sums.new_unions, 0))::BIGINT, (chosen.time_us - coalesce(sums.time_us, 0))::BIGINT
FROM chosen LEFT JOIN sums USING (run, cycle, phase)
WHERE rules_left_out > 0;

-- v_rule_production: per rule, round and agent, the nodes that its proofs made, and equalities derived and still standing.
CREATE OR REPLACE VIEW v_rule_production AS
SELECT rule, round, TRY_CAST(regexp_extract(producer, '^agent-([0-9]+)@', 1) AS INTEGER) AS agent,
       len(list_distinct(flatten(list(new_nodes)))) AS nodes,
       count(*) AS equalities,
       count(*) FILTER (WHERE event_id NOT IN (SELECT target FROM facts WHERE kind = 'FactRetracted')) AS standing
FROM facts
WHERE rule IS NOT NULL
GROUP BY ALL;

-- v_recent_facts: the newest facts of the log.
CREATE OR REPLACE VIEW v_recent_facts AS
SELECT * FROM facts ORDER BY appended_at DESC, partition, "offset" DESC LIMIT 100;

-- v_dead_letters: refused records, each source position once.
CREATE OR REPLACE VIEW v_dead_letters AS
SELECT * FROM dead_letters
QUALIFY row_number() OVER (PARTITION BY source_topic, source_partition, source_offset ORDER BY "offset") = 1;

-- happened_before(a_agent, a_sequence, clock): event a happened before the event with this clock list.
CREATE OR REPLACE MACRO happened_before(a_agent, a_sequence, clock) AS a_sequence <= clock[a_agent + 1];

-- concurrent(a_agent, a_sequence, a_clock, b_agent, b_sequence, b_clock): neither of two events happened before the other.
CREATE OR REPLACE MACRO concurrent(a_agent, a_sequence, a_clock, b_agent, b_sequence, b_clock) AS
  NOT (a_sequence <= b_clock[a_agent + 1]) AND NOT (b_sequence <= a_clock[b_agent + 1]);

-- causal_relation(a_agent, a_sequence, a_clock, b_agent, b_sequence, b_clock): how event a stands to event b: itself, before, after or concurrent.
CREATE OR REPLACE MACRO causal_relation(a_agent, a_sequence, a_clock, b_agent, b_sequence, b_clock) AS
  CASE WHEN a_agent = b_agent AND a_sequence = b_sequence THEN 'itself'
       WHEN happened_before(a_agent, a_sequence, b_clock) THEN 'before'
       WHEN happened_before(b_agent, b_sequence, a_clock) THEN 'after'
       ELSE 'concurrent' END;

-- causal_cone(of_agent, of_sequence): a table, every event with its relation to one event: before and after are its cone.
CREATE OR REPLACE MACRO causal_cone(of_agent, of_sequence) AS TABLE
  WITH apex AS (SELECT clock FROM v_events WHERE agent = of_agent AND sequence = of_sequence LIMIT 1)
  SELECT causal_relation(event.agent, event.sequence, event.clock, of_agent, of_sequence, apex.clock) AS relation, event.*
  FROM v_events AS event, apex;
