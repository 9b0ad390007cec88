-- As `workflows_id` before.
drop index voice.runs_id;
