-- Which rule made most nodes in round 7 on agent 4?
SELECT rule, nodes, equalities, standing
FROM v_rule_production
WHERE round = 7 AND agent = 4
ORDER BY nodes DESC, equalities DESC, rule
