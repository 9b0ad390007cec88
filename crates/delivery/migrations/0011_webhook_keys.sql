-- Endpoints and lanes belong to the tenant plane, whose keys begin with the tenant. Builds the indexes beside the old keys, which
-- delays writes; thousands of rows take less than a second.
create unique index webhook_endpoints_key on freehold.webhook_endpoints (tenant_id, id);
create unique index webhook_lanes_key on freehold.webhook_lanes (tenant_id, endpoint_id);
-- The sender works for all tenants at once and finds endpoints by their ids.
create index webhook_endpoints_by_id on freehold.webhook_endpoints (id);
create index webhook_lanes_by_endpoint on freehold.webhook_lanes (endpoint_id);
