-- Which flows brought what their receiver had already?
SELECT sender, receiver, sum(facts)::BIGINT AS facts, sum(useful)::BIGINT AS useful,
       round(100 * (1 - sum(useful) / sum(facts)), 1) AS useless_percent, sum(bytes)::BIGINT AS bytes
FROM v_messages
WHERE NOT is_ack AND facts > 0
GROUP BY sender, receiver
ORDER BY useless_percent DESC
