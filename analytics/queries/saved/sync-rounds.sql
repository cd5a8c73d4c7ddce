-- What did the last sync rounds find, and how long did they take?
SELECT * FROM v_sync_rounds ORDER BY started_at DESC LIMIT 100
