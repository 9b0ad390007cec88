-- What was used: an append-only ledger, and a running total that always equals its sum.
create table freehold.usage_events (
  tenant_id uuid not null,
  event_id uuid not null,
  meter text not null,
  period_start timestamptz not null,
  quantity bigint not null,
  occurred_at timestamptz not null,
  primary key (tenant_id, event_id, meter)
);
comment on table freehold.usage_events is 'the ledger of usage; a correction is another event, never an update';
comment on column freehold.usage_events.event_id is 'what makes recording idempotent: the id of the thing that used something';
comment on column freehold.usage_events.period_start is 'begin of the period that pays for it, UTC; 1970 for meters of things that exist';
select freehold.protect('freehold.usage_events', system => 'read');
revoke update, delete on freehold.usage_events from freehold_app;

create table freehold.usage_totals (
  tenant_id uuid not null,
  meter text not null,
  period_start timestamptz not null,
  used bigint not null default 0,
  reserved bigint not null default 0 check (reserved >= 0),
  primary key (tenant_id, meter, period_start)
);
comment on column freehold.usage_totals.used is 'sum of the ledger of this meter and period';
comment on column freehold.usage_totals.reserved is 'promised to actions that are still running';
select freehold.protect('freehold.usage_totals', system => 'read');

create table freehold.usage_reservations (
  tenant_id uuid not null,
  reservation_id uuid not null,
  meter text not null,
  period_start timestamptz not null,
  quantity bigint not null check (quantity > 0),
  at_most bigint,
  expires_at timestamptz not null,
  primary key (tenant_id, reservation_id, meter)
);
create index usage_reservations_expiry on freehold.usage_reservations (tenant_id, meter, period_start, expires_at);
comment on column freehold.usage_reservations.expires_at is 'after this a reservation whose action never ended is given back';
comment on column freehold.usage_reservations.at_most is 'the limit it was promised under; null: unlimited';
select freehold.protect('freehold.usage_reservations', system => 'read');

-- What was told of limits that come near, so that it is told once.
create table freehold.usage_alerts (
  tenant_id uuid not null,
  meter text not null,
  period_start timestamptz not null,
  at_most bigint not null,
  percent smallint not null check (percent in (80, 90, 100)),
  told_at timestamptz not null,
  primary key (tenant_id, meter, period_start, at_most, percent)
);
comment on column freehold.usage_alerts.at_most is 'another limit, after another plan, is told of anew';
select freehold.protect('freehold.usage_alerts');
