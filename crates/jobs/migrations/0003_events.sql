-- What happened, for whoever wants to know: written in the transaction of the change, told once that has committed.
create table freehold.events (
  tenant_id uuid not null,
  id uuid not null,
  position bigint,
  type text not null,
  version smallint not null check (version > 0),
  data json not null,
  occurred_at timestamptz not null,
  primary key (tenant_id, id)
);
comment on column freehold.events.position is
  'given in the order of commits, by one dispatcher at a time; null until then. Who reads by position misses nothing';
comment on column freehold.events.data is 'as it was written: kept as text, because it is handed out and never looked into';
create index events_by_position on freehold.events (tenant_id, position) where position is not null;
create index events_waiting on freehold.events (occurred_at, id) where position is null;
-- Only whoever forgets old events asks for it, and rows lie in the order of time.
create index events_by_age on freehold.events using brin (occurred_at) with (pages_per_range = 32);
-- Every row is written twice, and the entries of events_waiting die at once.
alter table freehold.events set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
-- Not for every member: events tell of keys and of money, too.
select freehold.protect('freehold.events', clients => false, system => 'write');

create sequence freehold.event_positions;
grant usage on sequence freehold.event_positions to freehold_system;

-- An id for what a function of the database makes: UUID version 7 (RFC 9562), as those made elsewhere.
create function freehold.uuid_v7(at timestamptz) returns uuid
language sql volatile
as $$
  select encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid()) placing substring(int8send(floor(extract(epoch from at) * 1000)::bigint) from 3) from 1 for 6),
      52, 1), 53, 1),
    'hex')::uuid
$$;

-- Publishes an event of the running transaction's tenant.
create function freehold.event_publish(of_id uuid, of_type text, of_version smallint, of_data jsonb, at timestamptz) returns void
language sql
as $$
  insert into freehold.events (tenant_id, id, type, version, data, occurred_at)
  values (freehold.tenant_id(), of_id, of_type, of_version, of_data::json, at)
$$;

-- What a filter may say to catch events of this type: for call.completed these are call.completed, call.* and *.
create function freehold.event_patterns(of_type text) returns text[]
language sql immutable parallel safe
as $$
  select array[of_type, '*'] || coalesce(array_agg(array_to_string(w.words[:n], '.') || '.*'), '{}')
  from (select string_to_array(of_type, '.') as words) as w, generate_series(1, cardinality(w.words) - 1) as n
$$;

-- Gives places to events that have committed, the oldest first, and answers them. One at a time: a place is seen by readers
-- before the next is given, so that none ever appears behind one that was read. No row when another is at it.
create function freehold.event_place(at_most integer) returns table (tenant_id uuid, id uuid, type text)
-- Plans are kept, and one made while the table was empty would read all of it later.
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
begin
  -- "events" in ASCII
  if not pg_try_advisory_xact_lock(111550559024243) then
    return;
  end if;
  return query
    with waiting as materialized (
      select e.place, nextval('freehold.event_positions') as position
      from (
        select e.ctid as place from freehold.events as e
        where e.position is null order by e.occurred_at, e.id limit at_most
      ) as e
    )
    -- Nobody changes an event, so a row lies where it was found.
    update freehold.events as e set position = w.position from waiting as w
    where e.ctid = w.place
    returning e.tenant_id, e.id, e.type;
end $$;
