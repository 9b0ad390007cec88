-- What a key derives its authority from: the user behind it, and the key that created it.
alter table freehold.api_keys
  add column parent_id uuid,
  add column suspended_at timestamptz;
comment on column freehold.api_keys.role is 'the most the key may do; the present role of created_by bounds it at each use';
comment on column freehold.api_keys.created_by is 'the user behind the key, who created it or the key that did';
comment on column freehold.api_keys.parent_id is 'the key that created it; null: a user did, or an owner has adopted it';
comment on column freehold.api_keys.suspended_at is 'since the user behind it left the organization; an owner adopts or revokes it';
create index api_keys_parent_id on freehold.api_keys (parent_id) where parent_id is not null;
create index api_keys_created_by on freehold.api_keys (tenant_id, created_by) where revoked_at is null;

-- The key, the key that created it, and so on. No row for null.
create function freehold.key_line(of_key uuid) returns table (place integer, id uuid)
language sql stable strict set search_path = ''
as $$
  with recursive line (place, id, parent_id) as (
    select 1, k.id, k.parent_id from freehold.api_keys as k where k.id = of_key
    union all
    select l.place + 1, k.id, k.parent_id
    from line as l join freehold.api_keys as k on k.id = l.parent_id
    -- Far above what is ever created.
    where l.place < 100
  )
  select place, id from line
$$;
revoke execute on function freehold.key_line(uuid) from public;
grant execute on function freehold.key_line(uuid) to freehold_app, freehold_readonly, freehold_system;
