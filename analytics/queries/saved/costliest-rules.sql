-- Which rule cost most time in the last run, and what did it find?
SELECT coalesce(rule, 'rules that the reports leave out') AS rule, round(sum(time_us) / 1000, 3) AS took_ms,
       round(100 * sum(time_us) / nullif(sum(sum(time_us)) OVER (), 0), 1) AS percent_of_time,
       sum(candidates)::BIGINT AS candidates, sum(matches)::BIGINT AS matches, sum(new_nodes)::BIGINT AS new_nodes,
       sum(new_unions)::BIGINT AS new_unions
FROM v_rule_profile
WHERE run = (SELECT run FROM v_phase_reports GROUP BY run ORDER BY max(ts) DESC, run LIMIT 1)
GROUP BY rule
ORDER BY sum(time_us) DESC, sum(candidates) DESC, rule
