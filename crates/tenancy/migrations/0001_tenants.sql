-- A tenant, which the API calls an organization: whoever signs up alone has one too.
create table freehold.tenants (
  tenant_id uuid primary key,
  name text not null check (length(name) between 1 and 200),
  slug text not null,
  personal boolean not null default false,
  plan text not null,
  plan_version integer not null,
  standing text not null default 'good' check (standing in ('good', 'suspended')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint tenants_slug_key unique (slug)
);
comment on column freehold.tenants.personal is 'made for one person at sign-up; others may join it all the same';
comment on column freehold.tenants.plan_version is 'the version that was bought; see freehold.plan_versions';
comment on column freehold.tenants.standing is 'suspended: requests run as freehold_readonly';
select freehold.protect('freehold.tenants', system => 'write');
-- What a tenant may change of itself. Plan and standing are not among it: only the system sets them.
revoke insert, update, delete on freehold.tenants from freehold_app;
grant update (name, slug, updated_at) on freehold.tenants to freehold_app;
