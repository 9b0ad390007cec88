-- What every migration stands on. Runs before migrations and changes nothing when all is there. The lock on the database is
-- taken before, and the names of the four roles get the suffix of the installation (roles.rs).
create function pg_temp.role_make(name text, options text) returns boolean language plpgsql as $$
begin
  if exists (select from pg_catalog.pg_roles where rolname = name) then
    return false;
  end if;
  execute format('create role %I %s', name, options);
  return true;
end $$;

-- For roles that do not belong to this installation alone: one that another database made in the same moment is as good.
create function pg_temp.role_share(name text, options text) returns void language plpgsql as $$
begin
  perform pg_temp.role_make(name, options);
exception when duplicate_object or unique_violation then
  null;
end $$;

-- Since Postgres 16 who creates a role is its member with the admin option and may not set it, so membership says too little.
create function pg_temp.may_set(role text, member text) returns boolean language plpgsql as $$
declare
  role_id constant oid := (select oid from pg_catalog.pg_roles where rolname = role);
  member_id constant oid := (select oid from pg_catalog.pg_roles where rolname = member);
begin
  if current_setting('server_version_num')::integer >= 160000 then
    return pg_catalog.pg_has_role(member_id, role_id, 'set');
  end if;
  return pg_catalog.pg_has_role(member_id, role_id, 'member');
end $$;

create function pg_temp.role_grant(role text, member text) returns void language plpgsql as $$
begin
  -- A superuser may set every role.
  if not pg_temp.may_set(role, member) then
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
select pg_temp.role_share('anon', 'nologin noinherit');
select pg_temp.role_share('authenticated', 'nologin noinherit');
do $$
begin
  perform pg_temp.role_share('service_role', 'nologin noinherit bypassrls');
exception when insufficient_privilege then
  -- only a superuser may hand out bypassrls; nothing of ours needs it
  perform pg_temp.role_share('service_role', 'nologin noinherit');
end $$;

select pg_temp.role_grant(role, session_user::text)
from unnest(array['freehold_owner', 'freehold_app', 'freehold_system', 'freehold_readonly']) as role;

-- a login for requests that is nothing without the role it takes on in each transaction
do $$
declare
  login constant text := nullif(current_setting('freehold.server_login', true), '');
  verifier constant text := nullif(current_setting('freehold.server_verifier', true), '');
begin
  if login is not null then
    if not exists (select from pg_catalog.pg_roles where rolname = login) then
      perform pg_temp.role_share(login, 'login noinherit' || coalesce(format(' password %L', verifier), ''));
      perform set_config('freehold.server_login_made', 'yes', true);
    end if;
    perform pg_temp.role_grant(role, login)
    from unnest(array['freehold_app', 'freehold_system', 'freehold_readonly']) as role;
  end if;
end $$;

-- Where another installation is in the same Postgres server, only the logins of this one may connect to its database. Roles
-- that another database uses as well are from before installations had roles of their own: which of their members are of this
-- installation cannot be told. Where the database serves others too, such as Supabase's services, or not all of its logins are
-- known, nothing is revoked, and the doctor says what is open.
do $$
declare
  this record;
  login text;
  -- The name gets the suffix, where there is one.
  ours constant text := 'freehold_owner';
  server_login constant text := nullif(current_setting('freehold.server_login', true), '');
  shared boolean;
  neighbour boolean;
begin
  select d.oid, d.datname, d.datacl, d.datdba into this
  from pg_catalog.pg_database as d where d.datname = current_database();
  select coalesce(bool_or(r.rolname = ours), false), count(*) > 0 into shared, neighbour
  from pg_catalog.pg_shdepend as s
  join pg_catalog.pg_roles as r on r.oid = s.refobjid
  where s.refclassid = 'pg_catalog.pg_authid'::regclass and s.dbid <> 0 and s.dbid <> this.oid
    and starts_with(r.rolname::text, 'freehold' || '_owner');
  if not neighbour and ours = 'freehold' || '_owner' then
    return;
  end if;
  if not exists (
    select from aclexplode(coalesce(this.datacl, acldefault('d', this.datdba))) where grantee = 0 and privilege_type = 'CONNECT'
  ) then
    return;
  end if;
  if not pg_catalog.pg_has_role(session_user, this.datdba, 'usage')
    or shared and server_login is null
    or exists (
      select from pg_catalog.pg_namespace
      where nspname = 'auth' and nspowner not in (select oid from pg_catalog.pg_roles where rolname = ours)
    )
  then
    perform set_config('freehold.open', 'yes', true);
    return;
  end if;
  for login in
    select r.rolname from pg_catalog.pg_roles as r
    where r.rolcanlogin and not r.rolsuper and (
      r.rolname in (session_user, server_login)
      or exists (
        select from pg_catalog.pg_shdepend as s
        where s.refclassid = 'pg_catalog.pg_authid'::regclass and s.refobjid = r.oid and s.dbid = this.oid
      )
      or not shared and exists (
        select from pg_catalog.pg_roles as o
        where o.rolname in ('freehold_owner', 'freehold_app', 'freehold_system', 'freehold_readonly')
          and pg_catalog.pg_has_role(r.oid, o.oid, 'member')
      )
    )
  loop
    execute format('grant connect on database %I to %I', this.datname, login);
  end loop;
  execute format('revoke connect on database %I from public', this.datname);
  perform set_config('freehold.closed', 'yes', true);
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
drop function pg_temp.role_grant(text, text);
drop function pg_temp.may_set(text, text);
drop function pg_temp.role_share(text, text);
drop function pg_temp.role_make(text, text);
