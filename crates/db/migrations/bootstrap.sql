-- What every migration stands on. Runs at every start and changes nothing when all is there.
-- Roles belong to the whole server, so several databases may be doing this at once: a role that
-- another one made in the same moment is as good as our own. Within one database the servers take turns.
select pg_advisory_xact_lock(7382915044713950308);

create function pg_temp.role_make(name text, options text) returns void language plpgsql as $$
begin
  if not exists (select from pg_catalog.pg_roles where rolname = name) then
    execute format('create role %I %s', name, options);
  end if;
exception when duplicate_object or unique_violation then
  null;
end $$;

create function pg_temp.role_grant(role text, member text) returns void language plpgsql as $$
begin
  if not exists (
    select from pg_catalog.pg_auth_members
    where roleid = to_regrole(role)::oid and pg_catalog.pg_auth_members.member = to_regrole(role_grant.member)::oid
  ) and not (select rolsuper from pg_catalog.pg_roles where rolname = role_grant.member) then
    execute format('grant %I to %I', role, member);
  end if;
exception when unique_violation then
  null;
end $$;

-- migrations; owns everything, logs in never
select pg_temp.role_make('freehold_owner', 'nologin');
-- requests of a tenant
select pg_temp.role_make('freehold_app', 'nologin noinherit');
-- sign-in, lookups and sweeps across tenants
select pg_temp.role_make('freehold_system', 'nologin noinherit');
-- requests of a suspended tenant
select pg_temp.role_make('freehold_readonly', 'nologin noinherit');
-- Supabase's roles, where they do not exist already
select pg_temp.role_make('anon', 'nologin noinherit');
select pg_temp.role_make('authenticated', 'nologin noinherit');
do $$
begin
  perform pg_temp.role_make('service_role', 'nologin noinherit bypassrls');
exception when insufficient_privilege then
  -- only a superuser may hand out bypassrls; nothing of ours needs it
  perform pg_temp.role_make('service_role', 'nologin noinherit');
end $$;

select pg_temp.role_grant(role, session_user::text)
from unnest(array['freehold_owner', 'freehold_app', 'freehold_system', 'freehold_readonly']) as role;

-- a login for requests that is nothing without the role it takes on in each transaction
do $$
declare
  login constant text := nullif(current_setting('freehold.server_login', true), '');
begin
  if login is not null then
    perform pg_temp.role_make(login, 'login noinherit');
    perform pg_temp.role_grant(role, login)
    from unnest(array['freehold_app', 'freehold_system', 'freehold_readonly']) as role;
  end if;
end $$;

do $$
begin
  if not has_database_privilege('freehold_owner', current_database(), 'create') then
    execute format('grant create on database %I to freehold_owner', current_database());
  end if;
end $$;

-- On Supabase the schema auth is somebody else's, and its login may use it but let nobody else in. The members of
-- `authenticated` may use it too.
do $$
begin
  if to_regnamespace('auth') is not null and not has_schema_privilege('freehold_owner', 'auth', 'usage') then
    perform pg_temp.role_grant('authenticated', 'freehold_owner');
  end if;
end $$;

-- everything that follows belongs to the owner
set local role freehold_owner;

do $$
begin
  if to_regnamespace('freehold') is null then
    create schema freehold;
    grant usage on schema freehold to freehold_app, freehold_system, freehold_readonly, authenticated;

    create table freehold.migrations (
      set_name text not null,
      number integer not null,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now(),
      primary key (set_name, number)
    );
    comment on table freehold.migrations is 'which changes of the schema this database has, with the SHA-256 of their text';
    grant select on freehold.migrations to freehold_system;
  end if;
end $$;

reset role;
drop function pg_temp.role_make(text, text);
drop function pg_temp.role_grant(text, text);
