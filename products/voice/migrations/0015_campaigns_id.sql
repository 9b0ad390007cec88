-- As `workflows_id` before.
drop index voice.campaigns_id;
