-- What did each rule make, round by round, over all agents?
SELECT round, rule, sum(nodes)::BIGINT AS nodes, sum(equalities)::BIGINT AS equalities, sum(standing)::BIGINT AS standing
FROM v_rule_production
GROUP BY round, rule
ORDER BY round, nodes DESC, rule
