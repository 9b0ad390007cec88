-- A member with a custom role has its base in `role`, and a copy of its permissions, which the transaction that changes the
-- role also changes: every request reads them with the member and needs no other row.
alter table freehold.members
  add column role_id uuid,
  add column permissions text[] not null default '{}';
comment on column freehold.members.role is 'a built-in role; the base of the custom role, if the member has one';
comment on column freehold.members.role_id is 'the custom role; null: the member has a built-in role';
comment on column freehold.members.permissions is 'the permissions of the custom role; empty: all of the built-in role';
alter table freehold.members
  add constraint members_role_id_fkey foreign key (tenant_id, role_id) references freehold.roles (tenant_id, role_id) not valid,
  add constraint members_permissions_check check ((role_id is null) = (cardinality(permissions) = 0)) not valid,
  add constraint members_owner_check check (role_id is null or role <> 'owner') not valid;
alter table freehold.members validate constraint members_role_id_fkey;
alter table freehold.members validate constraint members_permissions_check;
alter table freehold.members validate constraint members_owner_check;
create index members_role_id on freehold.members (tenant_id, role_id);

alter table freehold.invitations add column role_id uuid;
comment on column freehold.invitations.role is 'a built-in role; the base of the custom role when it was sent, if the invitation names one';
comment on column freehold.invitations.role_id is 'the custom role; null: a built-in role';
alter table freehold.invitations
  add constraint invitations_role_id_fkey foreign key (tenant_id, role_id) references freehold.roles (tenant_id, role_id)
  not valid;
alter table freehold.invitations validate constraint invitations_role_id_fkey;
create index invitations_role_id on freehold.invitations (tenant_id, role_id);

-- A signed-in client that asks the database itself, not the API, sees what every member may read. Permissions of a custom role are
-- checked by the API only, so a member with one sees nothing here.
create or replace function freehold.my_tenants() returns setof uuid
language sql stable security definer set search_path = ''
as $$ select tenant_id from freehold.members where user_id = (select auth.uid()) and role_id is null $$;
