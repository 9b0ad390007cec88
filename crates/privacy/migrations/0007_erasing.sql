-- The tables of the tenant plane in an order in which their rows can be deleted: what refers to a table comes before it.
create function freehold.erasure_order(tables text[]) returns setof text
language sql stable set search_path = ''
as $$
  with recursive own (place) as (
    select name::regclass::oid from unnest(tables) as name
  ), depths (place, depth) as (
    select place, 0 from own
    union
    select k.conrelid, d.depth + 1
    from depths as d
    join pg_catalog.pg_constraint as k on k.confrelid = d.place and k.contype = 'f' and k.conrelid <> k.confrelid
    -- Tables that refer to each other in a circle would count for ever.
    where d.depth < 30
  )
  select format('%I.%I', n.nspname, c.relname)
  from depths as d
  join pg_catalog.pg_class as c on c.oid = d.place
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where d.place in (select place from own)
  group by n.nspname, c.relname order by max(d.depth) desc, n.nspname, c.relname
$$;
revoke execute on function freehold.erasure_order(text[]) from public;
grant execute on function freehold.erasure_order(text[]) to freehold_system;

-- Deletes rows of one organization from one of its tables, at most so many; returns their number. With the owner's rights, because
-- no role may delete audit entries and usage, and only while the erasure of the organization is recorded.
create function freehold.tenant_purge(of_tenant uuid, of_table text, most integer) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  target regclass;
  deleted bigint;
begin
  select t into target from freehold.tenant_tables() as t where t = of_table::regclass;
  if target is null or target = 'freehold.erasures'::regclass then
    raise exception 'tenant_purge: % is no table of tenants', of_table;
  end if;
  if not exists (select from freehold.erasures as e where e.id = of_tenant and e.kind = 'organization') then
    raise exception 'tenant_purge: no erasure of % has begun', of_tenant using errcode = 'insufficient_privilege';
  end if;
  execute format(
    'delete from %s where tenant_id = $1 and ctid = any (array(select ctid from %1$s where tenant_id = $1 limit $2))', target
  ) using of_tenant, most;
  get diagnostics deleted = row_count;
  return deleted;
end $$;
revoke execute on function freehold.tenant_purge(uuid, text, integer) from public;
grant execute on function freehold.tenant_purge(uuid, text, integer) to freehold_system;
