-- An engine reports on a run and names no tenant. Building it delays writes of calls, for about a second with a
-- million calls.
create index engine_calls_of_run on voice.engine_calls (run_id);
