-- Sessions of operators who work in an organization as one of its members. They are found by their id, before a request knows its
-- tenant. No request of a tenant may read them; the audit of the tenant says what its administrators need to know.
create table freehold.impersonations (
  tenant_id uuid not null references freehold.tenants (tenant_id) on delete cascade,
  impersonation_id uuid not null,
  operator_id uuid not null references freehold.operators (operator_id),
  user_id uuid not null,
  writes boolean not null,
  reason text not null check (length(reason) between 1 and 500),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, impersonation_id),
  constraint impersonations_impersonation_id_key unique (impersonation_id),
  check (expires_at > created_at and expires_at <= created_at + interval '1 hour')
);
create index impersonations_operator_id on freehold.impersonations (operator_id, impersonation_id);
create index impersonations_open on freehold.impersonations (expires_at) where ended_at is null;
comment on column freehold.impersonations.user_id is 'the member as whom the operator works';
comment on column freehold.impersonations.writes is 'false: a read-only session';
comment on column freehold.impersonations.ended_at is 'when its end was recorded; null: it runs, or has expired a moment ago';
select freehold.protect('freehold.impersonations', clients => false, system => 'write');
revoke all on freehold.impersonations from freehold_app, freehold_readonly;
revoke delete on freehold.impersonations from freehold_system;
