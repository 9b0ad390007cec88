-- Where these texts still are: each column of our tables in which one is, with the number of rows. Reads every table, so it is for an
-- operator who verifies an erasure. Bytes are searched for the text and for the 16 bytes of an id.
create function freehold.erasure_traces(texts text[]) returns table (place text, of_tenants boolean, hits bigint)
language plpgsql stable security definer set search_path = ''
as $$
declare
  wanted constant text[] := array(select lower(t) from unnest(texts) as t);
  raw constant bytea[] := array(
    select convert_to(t, 'utf8') from unnest(texts) as t
    union all
    select uuid_send(t::uuid) from unnest(texts) as t
    where t ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'
  );
  part record;
begin
  for part in
    select c.oid::regclass as target, a.attname as name, a.atttypid = 'bytea'::regtype as is_bytes,
      exists (select from freehold.tenant_tables() as t where t = c.oid::regclass) as owned
    from pg_catalog.pg_class as c
    join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type as y on y.oid = a.atttypid
    where c.relkind in ('r', 'p') and pg_catalog.pg_get_userbyid(c.relowner) = 'freehold_owner'
      -- Texts, ids, JSON and bytes, addresses of networks, and arrays; no numbers, times and truth values.
      and y.typcategory in ('S', 'U', 'I', 'A')
    order by c.oid::regclass::text, a.attnum
  loop
    if part.is_bytes then
      execute format('select count(*) from %s where exists (select from unnest($1) as r where position(r in %I) > 0)',
                     part.target, part.name) into hits using raw;
    else
      execute format('select count(*) from %s where exists (select from unnest($1) as w where strpos(lower(%I::text), w) > 0)',
                     part.target, part.name) into hits using wanted;
    end if;
    if hits > 0 then
      place := format('%s.%I', (select format('%I.%I', n.nspname, c.relname) from pg_catalog.pg_class as c
                                join pg_catalog.pg_namespace as n on n.oid = c.relnamespace where c.oid = part.target), part.name);
      of_tenants := part.owned;
      return next;
    end if;
  end loop;
end $$;
revoke execute on function freehold.erasure_traces(text[]) from public;
grant execute on function freehold.erasure_traces(text[]) to freehold_system;
