-- As `workflows_id` before; reports that name only a run are found by `engine_calls_of_run`.
drop index voice.engine_calls_run;
