-- Limits that an operator set for one tenant, in place of those of its plan. Not written by the tenant's own requests.
create table freehold.limit_overrides (
  tenant_id uuid not null,
  meter text not null,
  at_most bigint check (at_most >= 0),
  expires_at timestamptz,
  reason text not null check (length(reason) between 1 and 500),
  set_at timestamptz not null,
  primary key (tenant_id, meter)
);
comment on column freehold.limit_overrides.at_most is 'null: unlimited';
comment on column freehold.limit_overrides.expires_at is 'from then on the plan''s limit applies again; null: until it is removed';
select freehold.protect('freehold.limit_overrides', clients => false, system => 'write');
revoke insert, update, delete on freehold.limit_overrides from freehold_app;
