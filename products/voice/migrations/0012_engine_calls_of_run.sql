-- An engine reports on a run and names no tenant. Holds up whoever writes calls while it is built, which takes a second for a
-- million calls.
create index engine_calls_of_run on voice.engine_calls (run_id);
