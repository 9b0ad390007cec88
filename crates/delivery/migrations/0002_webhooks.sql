-- Where customers want to be told of events.
create table freehold.webhook_endpoints (
  tenant_id uuid not null,
  id uuid primary key,
  url text not null,
  description text not null,
  patterns text[] not null check (cardinality(patterns) > 0),
  enabled boolean not null default true,
  disabled_at timestamptz,
  disabled_because text check (disabled_because in ('asked', 'gone', 'failing')),
  signature text not null check (signature in ('v1', 'v1a')),
  sealed_secret bytea not null,
  public_key text,
  previous_sealed_secret bytea,
  previous_until timestamptz,
  per_second integer check (per_second > 0),
  at_once integer not null check (at_once > 0),
  failing_since timestamptz,
  revision integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz
);
comment on column freehold.webhook_endpoints.revision is 'counts the changes: senders remember an endpoint by it';
comment on column freehold.webhook_endpoints.deleted_at is 'gone for everybody; the row stays until its deliveries are swept up';
comment on column freehold.webhook_endpoints.patterns is 'types of events: call.completed, call.*, or * for all';
comment on column freehold.webhook_endpoints.previous_sealed_secret is 'signs as well until previous_until, so that receivers can change over';
comment on column freehold.webhook_endpoints.failing_since is 'the first failure since the last success; null while all is well';
select freehold.protect('freehold.webhook_endpoints', clients => false, system => 'write');
create index webhook_endpoints_of_tenant on freehold.webhook_endpoints (tenant_id, id desc) where deleted_at is null;
create index webhook_endpoints_deleted on freehold.webhook_endpoints (deleted_at) where deleted_at is not null;

-- When an endpoint is to be looked at next. Apart from the endpoint, because it changes with every delivery.
create table freehold.webhook_lanes (
  tenant_id uuid not null,
  endpoint_id uuid primary key references freehold.webhook_endpoints (id) on delete cascade,
  due_at timestamptz not null default 'infinity',
  free_at timestamptz not null default '-infinity',
  parked boolean not null default false
) with (fillfactor = 70);
comment on column freehold.webhook_lanes.due_at is 'no delivery of the endpoint is due before; infinity: none waits';
comment on column freehold.webhook_lanes.free_at is 'nothing is sent before: the throttle''s clock, or what a Retry-After asked for';
comment on column freehold.webhook_lanes.parked is 'more is due, but as much as may be is on the way: the next answer sets the lane going';
select freehold.protect('freehold.webhook_lanes', clients => false, system => 'write');
create index webhook_lanes_due on freehold.webhook_lanes (due_at);

-- What is told to whom: one row for each endpoint and event.
create table freehold.webhook_deliveries (
  tenant_id uuid not null,
  endpoint_id uuid not null,
  event_id uuid not null,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
  tried smallint not null default 0,
  due_at timestamptz,
  leased boolean not null default false,
  attempts jsonb not null default '[]',
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, endpoint_id, event_id)
);
comment on table freehold.webhook_deliveries is
  'no foreign keys: an endpoint with a hundred thousand of these is deleted at once, and they are swept up later';
comment on column freehold.webhook_deliveries.tried is 'attempts of the schedule that runs; a replay begins it anew';
comment on column freehold.webhook_deliveries.due_at is
  'the next attempt; while leased, when the sender is given up and another may try; null: nothing is left to do';
comment on column freehold.webhook_deliveries.attempts is 'the last 20: when, how long, what was signed, what was answered';
select freehold.protect('freehold.webhook_deliveries', clients => false, system => 'write');
create index webhook_deliveries_due on freehold.webhook_deliveries (endpoint_id, due_at, leased) where due_at is not null;
create index webhook_deliveries_by_age on freehold.webhook_deliveries using brin (created_at) with (pages_per_range = 32);
alter table freehold.webhook_deliveries set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
alter table freehold.webhook_lanes set (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000);
