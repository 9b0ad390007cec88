-- Requests of each key by day. Servers add what they counted since the last time.
create table freehold.api_key_days (
  tenant_id uuid not null,
  key_id uuid not null,
  day timestamptz not null,
  requests bigint not null check (requests >= 0),
  primary key (tenant_id, key_id, day)
);
create index api_key_days_day on freehold.api_key_days (day);
comment on column freehold.api_key_days.day is 'its beginning, UTC';
select freehold.protect('freehold.api_key_days', clients => false, system => 'write');
