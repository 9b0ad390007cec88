-- Locks both tables while the keys are swapped. The foreign key is checked at once: lanes are as few as endpoints.
lock table freehold.webhook_endpoints, freehold.webhook_lanes in access exclusive mode;
alter table freehold.webhook_lanes drop constraint webhook_lanes_endpoint_id_fkey;
alter table freehold.webhook_endpoints
  drop constraint webhook_endpoints_pkey,
  add constraint webhook_endpoints_pkey primary key using index webhook_endpoints_key;
alter table freehold.webhook_lanes
  drop constraint webhook_lanes_pkey,
  add constraint webhook_lanes_pkey primary key using index webhook_lanes_key;
alter table freehold.webhook_lanes
  add constraint webhook_lanes_endpoint_id_fkey foreign key (tenant_id, endpoint_id)
  references freehold.webhook_endpoints (tenant_id, id) on delete cascade;
-- The primary keys begin with the same column.
drop index freehold.webhook_endpoints_tenant_id_idx;
drop index freehold.webhook_lanes_tenant_id_idx;
