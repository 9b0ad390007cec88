-- Whoever changes when a delivery is due locks its lane afterwards and sets it going. Whoever looks at a lane holds its lock
-- and looks with a snapshot taken after it. So no delivery is left behind in a lane that sleeps. Locks are taken in the order
-- deliveries, endpoints, lanes, and lanes in the order of their ids; whoever looks waits for no lock.
--
-- The settings of the planner are there because plans are kept: one made while a table was empty would read all of it later.

-- Makes lanes due, where they are not. Locks them all the same, see above.
create function freehold.webhook_lanes_arm(of_endpoints uuid[], at timestamptz) returns void
language plpgsql set enable_seqscan = off as $$
begin
  perform from freehold.webhook_lanes where endpoint_id = any (of_endpoints) order by endpoint_id for update;
  update freehold.webhook_lanes set due_at = at where endpoint_id = any (of_endpoints) and due_at > at;
end $$;

-- Gives places to events that have committed, and makes a delivery for each endpoint that wants them.
create function freehold.webhook_dispatch(at_most integer, at timestamptz, out events integer, out deliveries integer)
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  placed_tenants uuid[];
  placed_ids uuid[];
  placed_types text[];
  endpoints uuid[];
begin
  select count(*), array_agg(tenant_id), array_agg(id), array_agg(type)
  into events, placed_tenants, placed_ids, placed_types from freehold.event_place(at_most);
  -- A statement of its own, so that its snapshot is taken after the events were seen: an endpoint that was there before an
  -- event is seen, too.
  with types as materialized (
    -- A test is for one endpoint, whose delivery was made with it.
    select type, freehold.event_patterns(type) as patterns from (select distinct unnest(placed_types) as type) as t
    where type <> 'webhook.test'
  ), made as (
    insert into freehold.webhook_deliveries (tenant_id, endpoint_id, event_id, due_at, created_at)
    select p.tenant_id, w.id, p.id, at, at
    from unnest(placed_tenants, placed_ids, placed_types) as p (tenant_id, id, type)
    join types as t on t.type = p.type
    join freehold.webhook_endpoints as w on w.tenant_id = p.tenant_id and w.enabled and w.patterns && t.patterns
    on conflict do nothing
    returning endpoint_id
  )
  select count(*), array_agg(distinct endpoint_id) into deliveries, endpoints from made;
  if deliveries > 0 then
    perform freehold.webhook_lanes_arm(endpoints, at);
  end if;
end $$;

-- The throttle's clock after `sent` more: it runs ahead of time by what was sent, and falls behind by a tenth of a second at
-- most, so that in no second more than the throttle and a tenth of it comes through.
create function freehold.webhook_clock(free_at timestamptz, per_second integer, sent bigint, at timestamptz) returns timestamptz
language sql stable parallel safe as $$
  select case when per_second is null or sent = 0 then free_at
    else greatest(free_at, at - interval '100 ms') + sent * interval '1 second' / per_second end
$$;

-- How many requests a throttle lets through now.
create function freehold.webhook_allowed(free_at timestamptz, per_second integer, at timestamptz) returns integer
language sql stable parallel safe as $$
  select case
    when free_at > at then 0
    when per_second is null then 1000000
    else floor(extract(epoch from at - greatest(free_at, at - interval '100 ms')) * per_second)::integer + 1
  end
$$;

-- Leases deliveries that are due, `room` at most, until `until`. Lanes take turns: one that has waited longer comes first, and
-- one with a hundred thousand waiting gets no more in a turn than twice its share of the room, and 32 at most.
create function freehold.webhook_claim(room integer, at timestamptz, until timestamptz)
returns table (tenant_id uuid, endpoint_id uuid, event_id uuid, tried smallint, revision integer)
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
#variable_conflict use_column
declare
  lanes uuid[];
  turn integer;
begin
  select array_agg(l.endpoint_id) into lanes from (
    select endpoint_id from freehold.webhook_lanes where due_at <= at order by due_at limit 256 for update skip locked
  ) as l;
  if lanes is null then
    return;
  end if;
  turn := least(32, greatest(1, 2 * room / cardinality(lanes)));
  return query
    with lane as materialized (
      select
        l.endpoint_id, l.free_at, w.per_second, w.enabled, w.revision,
        -- one that fails keeps only two places from the others until it succeeds
        case when w.enabled then least(turn, greatest(0, case when w.failing_since is null then w.at_once else least(w.at_once, 2) end - (
          select count(*) from freehold.webhook_deliveries as d
          where d.endpoint_id = l.endpoint_id and d.leased and d.due_at > at and d.due_at <= until
        )))::integer else 0 end as free,
        freehold.webhook_allowed(l.free_at, w.per_second, at) as allowed
      from freehold.webhook_lanes as l
      join freehold.webhook_endpoints as w on w.id = l.endpoint_id
      where l.endpoint_id = any (lanes)
    ), due as materialized (
      select l.endpoint_id, l.revision, d.place, row_number() over (order by d.number) as number
      from lane as l cross join lateral (
        select q.place, row_number() over () as number from (
          select d.ctid as place from freehold.webhook_deliveries as d
          where d.endpoint_id = l.endpoint_id and d.due_at <= at
          order by d.due_at limit least(l.free, l.allowed) for update skip locked
        ) as q
      ) as d
    ), taken as (
      update freehold.webhook_deliveries as d set leased = true, due_at = until
      from due as c
      where c.number <= room and d.ctid = c.place
      returning d.tenant_id, d.endpoint_id, d.event_id, d.tried, c.revision
    ), counted as materialized (
      select endpoint_id, bool_or(enabled) as enabled, max(free) as free, max(allowed) as allowed, max(per_second) as per_second,
        sum(due) as due, sum(taken) as taken
      from (
        select endpoint_id, enabled, free, allowed, per_second, 0 as due, 0 as taken from lane
        union all
        select endpoint_id, null, null, null, null, 1, (number <= room)::integer from due
      ) as parts
      group by endpoint_id
    ), rested as (
      update freehold.webhook_lanes as l set
        parked = c.enabled and c.taken = c.free and c.free < least(turn, c.allowed),
        free_at = freehold.webhook_clock(l.free_at, c.per_second, c.taken, at),
        due_at = case
          when not c.enabled then 'infinity'
          -- the room ended before its turn did: it keeps its place, or goes behind the others
          when c.taken < c.due then case when c.taken = 0 then l.due_at else at end
          when c.taken = c.allowed then greatest(at, freehold.webhook_clock(l.free_at, c.per_second, c.taken, at))
          -- a whole turn
          when c.taken = turn then at
          -- as many as may be are on the way: an answer sets it going again, and if that slips through, time does
          when c.taken = c.free then at + interval '1 second'
          -- all that was due is taken
          else least(case when c.taken > 0 then until else 'infinity' end, coalesce((
            select min(d.due_at) from freehold.webhook_deliveries as d where d.endpoint_id = l.endpoint_id and d.due_at > at
          ), 'infinity'))
        end
      from counted as c where l.endpoint_id = c.endpoint_id
    )
    select t.tenant_id, t.endpoint_id, t.event_id, t.tried, t.revision from taken as t;
end $$;

-- Disables an endpoint, tells so, and writes to whoever administers it. answer: what the last request came to.
create function freehold.webhook_disable(
  of_endpoint uuid, because text, answer text, at timestamptz, product_name text, site_url text
) returns void
language plpgsql as $$
declare
  endpoint freehold.webhook_endpoints;
begin
  update freehold.webhook_endpoints
  set enabled = false, disabled_at = at, disabled_because = because, revision = revision + 1
  where id = of_endpoint and enabled
  returning * into endpoint;
  if not found then
    return;
  end if;
  update freehold.webhook_lanes set due_at = 'infinity', parked = false where endpoint_id = of_endpoint;
  insert into freehold.events (tenant_id, id, type, version, data, occurred_at)
  values (
    endpoint.tenant_id, freehold.uuid_v7(at), 'webhook.disabled', 1,
    json_build_object('endpoint_id', endpoint.id, 'url', endpoint.url, 'because', because, 'failing_since',
      to_char(endpoint.failing_since at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
    at
  );
  perform freehold.mail_enqueue(
    freehold.uuid_v7(at),
    format('webhook_disabled/%s/%s/%s', endpoint.id, extract(epoch from at), u.id),
    'webhook_disabled', u.email,
    jsonb_build_object(
      'product_name', product_name, 'site_url', site_url, 'organization', t.name, 'endpoint', endpoint.url, 'reason', because,
      'days', coalesce(extract(day from at - endpoint.failing_since), 0), 'last_answer', answer,
      'link', site_url || '/docs/events'),
    at, endpoint.tenant_id
  )
  from freehold.members as m
  join auth.users as u on u.id = m.user_id
  join freehold.tenants as t on t.tenant_id = m.tenant_id
  where m.tenant_id = endpoint.tenant_id and m.role in ('owner', 'admin') and u.email is not null;
end $$;

-- Writes down what came of deliveries that were leased until `leases`; one that another has taken over meanwhile is his.
-- True when endpoints are to be looked at again at once. dues: when to try again; null: never. holds: until when the endpoint asked to be left alone. gone: endpoints that said so.
create function freehold.webhook_settle(
  of_tenants uuid[], of_endpoints uuid[], of_events uuid[], leases timestamptz[], states text[], dues timestamptz[],
  holds timestamptz[], made jsonb[], gone uuid[], at timestamptz, failing_before timestamptz, product_name text, site_url text
) returns boolean
language plpgsql set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off as $$
declare
  fine uuid[];
  failed uuid[];
  of_endpoint uuid;
  armed boolean;
begin
  update freehold.webhook_deliveries as d set
    state = o.state, leased = false, due_at = o.due_at, tried = d.tried + 1,
    ended_at = case when o.due_at is null then at end,
    attempts = case when jsonb_array_length(d.attempts) < 20 then d.attempts else d.attempts - 0 end || o.attempt
  from (
    -- By the primary key, one after the other, whatever the planner thinks of the table's size.
    select o.state, o.due_at, o.attempt, (
      select d.ctid from freehold.webhook_deliveries as d
      where d.tenant_id = o.tenant_id and d.endpoint_id = o.endpoint_id and d.event_id = o.event_id
        and case when d.leased then d.due_at = o.lease end
    ) as place
    from unnest(of_tenants, of_endpoints, of_events, leases, states, dues, made)
      as o (tenant_id, endpoint_id, event_id, lease, state, due_at, attempt)
  ) as o
  where d.ctid = o.place;

  select
    array_agg(distinct o.endpoint_id) filter (where o.state = 'delivered'),
    array_agg(distinct o.endpoint_id) filter (where o.state <> 'delivered')
  into fine, failed from unnest(of_endpoints, states) as o (endpoint_id, state);

  update freehold.webhook_endpoints set failing_since = null where id = any (fine) and failing_since is not null;
  if failed is not null then
    update freehold.webhook_endpoints set failing_since = at
    where id = any (failed) and failing_since is null and (fine is null or id <> all (fine));
  end if;

  perform from freehold.webhook_lanes
  where endpoint_id = any (of_endpoints) and (parked or endpoint_id = any (failed)) order by endpoint_id for update;
  update freehold.webhook_lanes as l set
    parked = false,
    due_at = least(case when l.parked then at else l.due_at end, o.due_at),
    free_at = greatest(l.free_at, o.hold)
  from (
    select endpoint_id, min(due_at) as due_at, max(hold) as hold
    from unnest(of_endpoints, dues, holds) as o (endpoint_id, due_at, hold) group by endpoint_id
  ) as o
  where l.endpoint_id = o.endpoint_id and (l.parked or l.endpoint_id = any (failed));
  armed := found;

  if failed is not null then
    for of_endpoint in
      select id from freehold.webhook_endpoints
      where id = any (failed) and enabled and (id = any (gone) or failing_since <= failing_before)
    loop
      perform freehold.webhook_disable(
        of_endpoint, case when of_endpoint = any (gone) then 'gone' else 'failing' end,
        (select coalesce(o.attempt ->> 'status', o.attempt ->> 'error') from unnest(of_endpoints, made) as o (endpoint_id, attempt)
         where o.endpoint_id = of_endpoint limit 1),
        at, product_name, site_url);
    end loop;
  end if;
  return armed;
end $$;

-- Sends again what happened since a time, the oldest first: what was not delivered or never tried, or everything. What waits
-- already is left alone. next_since: where to go on, when there was more than `at_most`.
create function freehold.webhook_replay(
  of_endpoint uuid, since timestamptz, only_missed boolean, at timestamptz, at_most integer,
  out replayed integer, out next_since timestamptz
)
language plpgsql as $$
begin
  with wanted as materialized (
    select e.tenant_id, e.id, e.occurred_at
    from freehold.webhook_endpoints as w
    join freehold.events as e on e.tenant_id = w.tenant_id
    left join freehold.webhook_deliveries as d
      on d.tenant_id = e.tenant_id and d.endpoint_id = w.id and d.event_id = e.id
    where w.id = of_endpoint and e.position is not null and e.occurred_at >= since and e.type <> 'webhook.test'
      and w.patterns && freehold.event_patterns(e.type)
      and (d.state is null or d.state = 'failed' or d.state = 'delivered' and not only_missed)
    order by e.occurred_at, e.id
    limit at_most
  ), made as (
    insert into freehold.webhook_deliveries as d (tenant_id, endpoint_id, event_id, due_at, created_at)
    select tenant_id, of_endpoint, id, at, at from wanted
    on conflict (tenant_id, endpoint_id, event_id) do update
      set state = 'waiting', tried = 0, due_at = at, leased = false, ended_at = null
      where d.state <> 'waiting'
    returning 1
  )
  select (select count(*) from made), case when count(*) = at_most then max(occurred_at) end
  into replayed, next_since from wanted;
  if replayed > 0 then
    perform freehold.webhook_lanes_arm(array[of_endpoint], at);
  end if;
end $$;
