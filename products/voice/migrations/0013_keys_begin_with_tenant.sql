-- Keys of the tenant plane begin with the tenant: a unique id alone could not be held by several databases. The primary keys
-- (tenant_id, id) stay, and every statement names the tenant. Locks each table for a moment only.
drop index voice.workflows_id;
drop index voice.runs_id;
drop index voice.campaigns_id;
drop index voice.engines_id;
drop index voice.engine_calls_run;
