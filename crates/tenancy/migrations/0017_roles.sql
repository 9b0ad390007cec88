-- Roles that organizations make themselves, out of permissions.
create table freehold.roles (
  tenant_id uuid not null references freehold.tenants (tenant_id) on delete cascade,
  role_id uuid not null,
  name text not null check (length(name) between 1 and 64),
  description text not null check (length(description) <= 500),
  base text not null check (base in ('viewer', 'member', 'admin')),
  permissions text[] not null check (cardinality(permissions) between 1 and 64),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, role_id)
);
comment on column freehold.roles.base is 'the least of the built-in roles that includes all permissions';
comment on column freehold.roles.permissions is 'as the scopes of an API key: workflows:read, or workflows for reading and writing';
create unique index roles_name on freehold.roles (tenant_id, lower(name));
select freehold.protect('freehold.roles', clients => false, system => 'write');
