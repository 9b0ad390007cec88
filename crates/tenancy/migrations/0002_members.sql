create table freehold.members (
  tenant_id uuid not null references freehold.tenants (tenant_id) on delete cascade,
  user_id uuid not null,
  role text not null check (role in ('viewer', 'member', 'admin', 'owner')),
  joined_at timestamptz not null,
  selected_at timestamptz not null,
  primary key (tenant_id, user_id)
);
create index members_user_id on freehold.members (user_id);
comment on column freehold.members.selected_at is 'when the person last switched to this tenant; the latest is where requests without X-Organization-Id go';
select freehold.protect('freehold.members', system => 'write');

-- On Supabase auth.users belongs to somebody else, and we may not be allowed to refer to it.
do $$
begin
  if has_table_privilege('auth.users', 'references') then
    alter table freehold.members
      add constraint members_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade;
  end if;
end $$;

create or replace function freehold.my_tenants() returns setof uuid
language sql stable security definer set search_path = ''
as $$ select tenant_id from freehold.members where user_id = (select auth.uid()) $$;

-- An organization always has an owner. Checked when the transaction ends, so that ownership can be handed over in one.
create function freehold.members_keep_owner() returns trigger
language plpgsql as $$
begin
  if exists (select from freehold.tenants where tenant_id = old.tenant_id)
    and not exists (select from freehold.members where tenant_id = old.tenant_id and role = 'owner')
  then
    raise exception 'an organization needs an owner' using errcode = 'check_violation', constraint = 'members_keep_owner';
  end if;
  return null;
end $$;
create constraint trigger members_keep_owner
after update or delete on freehold.members
deferrable initially deferred
for each row when (old.role = 'owner') execute function freehold.members_keep_owner();
