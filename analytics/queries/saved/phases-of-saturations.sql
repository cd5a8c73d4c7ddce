-- What did each phase of each saturation come to, and why did it stop?
SELECT * FROM v_phases ORDER BY started_at
