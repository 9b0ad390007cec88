-- As `workflows_id` before.
drop index voice.engines_id;
