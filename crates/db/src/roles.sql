-- What the names of the roles of this database end with. One row.
with installed as (
  select substr(pg_catalog.pg_get_userbyid(nspowner), length('freehold_owner') + 1) as suffix
  from pg_catalog.pg_namespace
  where nspname = 'freehold' and starts_with(pg_catalog.pg_get_userbyid(nspowner)::text, 'freehold_owner')
), candidates (suffix, place) as (
  values
    ('', 1),
    ('_' || left(trim(both '_' from regexp_replace(lower(current_database()), '[^a-z0-9]+', '_', 'g')), 30), 2),
    ('_' || (select oid::text from pg_catalog.pg_database where datname = current_database()), 3)
), found as (
  select c.suffix, c.place, o.oid as owner
  from candidates as c left join pg_catalog.pg_roles as o on o.rolname = 'freehold_owner' || c.suffix
), strangers as (
  -- Logins of an installation that was there before: its database may be dropped, and they still are members of its roles.
  select c.suffix
  from candidates as c
  join pg_catalog.pg_roles as r
    on r.rolname in ('freehold_owner' || c.suffix, 'freehold_app' || c.suffix, 'freehold_system' || c.suffix,
                     'freehold_readonly' || c.suffix)
  join pg_catalog.pg_auth_members as m on m.roleid = r.oid
  join pg_catalog.pg_roles as l on l.oid = m.member
  where l.rolcanlogin and not l.rolsuper and l.rolname <> session_user
    and l.rolname <> coalesce(current_setting('freehold.server_login', true), '')
), free as (
  select suffix, place from found
  where suffix not in (select suffix from strangers) and (owner is null or (
    not exists (
      select from pg_catalog.pg_shdepend as d
      where d.refclassid = 'pg_catalog.pg_authid'::regclass and d.refobjid = owner
        and d.dbid <> 0 and d.dbid <> (select oid from pg_catalog.pg_database where datname = current_database())
    )
    and (
      (select rolsuper from pg_catalog.pg_roles where rolname = session_user)
      or pg_catalog.pg_has_role(session_user, owner, 'member')
      -- Before Postgres 16 whoever may create roles may grant them.
      or current_setting('server_version_num')::integer < 160000
        and (select rolcreaterole from pg_catalog.pg_roles where rolname = session_user)
    )
  ))
)
select coalesce(
  (select suffix from installed),
  (select suffix from free order by place limit 1),
  (select suffix from candidates where place = 3)
)
