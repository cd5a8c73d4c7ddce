-- How long was each lost agent away before it was heard again?
SELECT lost.agent, lost.appended_at AS lost_at, min(back.appended_at) AS back_at,
       min(back.appended_at) - lost.appended_at AS away
FROM lifecycle lost LEFT JOIN lifecycle back
  ON back.agent = lost.agent AND back.kind = 'RECOVERED' AND back."offset" > lost."offset"
WHERE lost.kind = 'LOST'
GROUP BY lost.agent, lost.appended_at, lost."offset"
ORDER BY lost_at DESC
