-- Keys of the tenant plane begin with the tenant: a unique id alone could not be held over several databases. The primary key
-- (tenant_id, id) stays, and every statement names the tenant. One index for each migration, because dropping one waits for the
-- readers of the table.
drop index voice.workflows_id;
