-- What happens to the queue, each in one round trip. What many jobs go through is planned once for each connection and
-- told to use the indexes: the table is empty at one moment and holds a million rows at the next, and what the planner
-- learned of it is wrong at both.
--
-- What is looked up by its id has its state compared with (select 'running'), which the planner does not see through. With
-- a plain 'running' it would take the index of what runs, which it believes to be empty, before the primary key, and go
-- over everything that runs or lately did.

-- Enqueues jobs of a tenant in their order; how each is called, and whether it was made or was there already. No row
-- when more would wait then than there is room for (null: any number). Those who enqueue at the same moment do not see
-- each other, so a few more than that can get in.
create function freehold.jobs_enqueue(of_tenant uuid, of_jobs json, of_weight smallint, room bigint, at timestamptz)
returns table (id uuid, made boolean)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set jit = off set plan_cache_mode = force_generic_plan
as $$
declare
  job record;
  waiting bigint;
begin
  if room is not null then
    select count(*) into waiting from (
      select from freehold.jobs as j where j.tenant_id = of_tenant and j.state = 'waiting' limit room
    ) as w;
    if waiting < room then
      waiting := waiting + (select count(*) from (
        select from freehold.jobs as j where j.tenant_id = of_tenant and j.state = 'scheduled' limit room
      ) as s);
    end if;
    if waiting + json_array_length(of_jobs) > room then
      return;
    end if;
  end if;
  for job in
    select w.* from json_to_recordset(of_jobs) as w (
      id uuid, kind text, payload json, run_at timestamptz, key text, urgency smallint, attempts smallint
    )
  loop
    loop
      insert into freehold.jobs (tenant_id, id, kind, state, run_at, urgency, weight, attempts, key, created_at, payload)
      values (
        of_tenant, job.id, job.kind, case when job.run_at <= at then 'waiting' else 'scheduled' end, job.run_at,
        job.urgency, of_weight, job.attempts, job.key, at, job.payload
      )
      on conflict do nothing;
      made := found;
      id := job.id;
      exit when made or exists (select from freehold.jobs as j where j.tenant_id = of_tenant and j.id = job.id);
      select j.id into id from freehold.jobs as j
      where j.tenant_id = of_tenant and j.kind = job.kind and j.key = job.key
        and j.state in ('scheduled', 'waiting', 'running');
      -- when it has ended in this moment, there is room for another
      exit when found;
    end loop;
    return next;
  end loop;
end $$;

-- Gives a worker up to so many jobs of the kinds it knows.
--
-- at_once: for each kind, most at once for one tenant (2147483647: no limit); exact, because one claims at a time.
-- after_tenant, taken: whose turn it was last, and how many of its turns it has had.
-- seen_…: tenants and kinds of which the worker has claimed a moment ago, and up to where. What was claimed stays in the
-- index until the next vacuum, and going over all of that each time would soon cost more than everything else.
--
-- The tenants who wait get their turns in the order of their ids, as many in a row as their weight says. A tenant, however
-- much it has waiting, costs one look into the index for each kind; one that may have no more at the moment costs no turn.
--
-- place: the order of turns. turns: as taken, for whoever claims next when this was the last.
create function freehold.jobs_claim(
  of_worker uuid, kinds text[], at_once integer[], after_tenant uuid, taken integer, slots integer, at timestamptz,
  seen_tenants uuid[], seen_kinds text[], seen_weights smallint[], seen_urgencies smallint[], seen_run_at timestamptz[]
)
returns table (
  tenant_id uuid, id uuid, kind text, payload json, attempt smallint, claim integer, weight smallint, urgency smallint,
  run_at timestamptz, place integer, turns integer
)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
  free integer := slots;
  before integer;
  last_place integer;
  next_tenant uuid;
  next_taken integer;
  got record;
begin
  -- What a power cut takes back is only that somebody began: whoever did can no longer end it.
  perform set_config('synchronous_commit', 'off', true),
          -- Should the connection break before commit arrives, nobody else waits for long.
          set_config('idle_in_transaction_session_timeout', '5000', true),
          -- "jobs" in ASCII
          pg_advisory_xact_lock(1785684595);
  if not exists (select from freehold.workers as w where w.id = of_worker) then
    return;
  end if;
  update freehold.jobs as j set state = 'waiting'
  from (
    select s.tenant_id, s.id from freehold.jobs as s
    where s.state = 'scheduled' and s.run_at <= at order by s.run_at limit 500 for update skip locked
  ) as due
  where j.tenant_id = due.tenant_id and j.id = due.id;

  loop
    before := free;
    last_place := 0;
    for got in
      -- A lane is what waits of one tenant and kind, from where on it is looked at. nth: which of the tenants who may have
      -- something, in the order of turns.
      with recursive lane (tenant_id, kind, weight, urgency, run_at, room, useful, nth, wrapped) as (
        -- before the first one of whoever had the last turn
        select after_tenant, '' collate "C", 1::smallint, 0::smallint, '-infinity'::timestamptz, 0, false, 0, false
        union all
        select n.tenant_id, n.kind, n.weight, n.urgency, n.run_at, r.room,
               r.room > 0 or l.useful and n.tenant_id = l.tenant_id,
               l.nth + (r.room > 0 and not (l.useful and n.tenant_id = l.tenant_id))::integer,
               n.wrapped
        from lane as l
        left join lateral (
          select * from unnest(seen_tenants, seen_kinds, seen_weights, seen_urgencies, seen_run_at)
            as s (tenant_id, kind, weight, urgency, run_at)
          where (s.tenant_id, s.kind) > (l.tenant_id, l.kind) order by s.tenant_id, s.kind limit 1
        ) as s on true
        cross join lateral (
          -- The next one of which nothing is known: of the same tenant, or of one in between. Kinds sort by their bytes.
          (select j.tenant_id, j.kind, j.weight, 32767::smallint as urgency, '-infinity'::timestamptz as run_at, l.wrapped
           from freehold.jobs as j
           where j.state = 'waiting' and j.tenant_id = l.tenant_id and j.kind > l.kind
             and j.kind < case s.tenant_id when l.tenant_id then s.kind else '~' end
           order by j.kind limit 1)
          union all
          (select j.tenant_id, j.kind, j.weight, 32767::smallint, '-infinity', l.wrapped from freehold.jobs as j
           where j.state = 'waiting' and j.tenant_id > l.tenant_id
             and j.tenant_id < coalesce(s.tenant_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
           order by j.tenant_id, j.kind limit 1)
          union all
          -- the known one, or the place before the first one of its tenant
          (select s.tenant_id, case s.tenant_id when l.tenant_id then s.kind else '' end, s.weight, s.urgency, s.run_at, l.wrapped
           where s.tenant_id is not null)
          union all
          -- from the beginning, once
          (select '00000000-0000-0000-0000-000000000000', '', 1::smallint, 0::smallint, '-infinity', true where not l.wrapped)
          limit 1
        ) as n
        cross join lateral (
          select case m.most when 2147483647 then free else least(free, m.most - (
            select count(*) from freehold.jobs as j
            where j.state = 'running' and j.tenant_id = n.tenant_id and j.kind = n.kind
          )::integer) end as room
          from (select coalesce(at_once[array_position(kinds, n.kind)], 0) as most) as m
          -- asked once, although it is used several times
          offset 0
        ) as r
        where l.nth <= free + 1 and not (n.wrapped and n.kind <> '' and n.tenant_id >= after_tenant)
      ), tenant as materialized (
        select l.tenant_id, max(l.weight) as weight, min(l.nth) as nth,
               -- its part of the slots, and its own turns
               1 + max(l.weight) + free * max(l.weight) / sum(max(l.weight)) over () as share
        from lane as l where l.room > 0 and l.nth <= free + 1
        group by l.tenant_id
      ), candidate as (
        select t.tenant_id, t.weight, t.nth, c.id,
               (row_number() over (partition by t.tenant_id order by c.urgency desc, c.run_at, c.id)
                + case when t.tenant_id = after_tenant then taken else 0 end)::integer as turn
        from tenant as t
        join lane as l on l.tenant_id = t.tenant_id and l.room > 0
        cross join lateral (
          (select j.id, j.urgency, j.run_at from freehold.jobs as j
           where j.state = 'waiting' and j.tenant_id = l.tenant_id and j.kind = l.kind and j.urgency = l.urgency
             and j.run_at >= l.run_at
           order by j.run_at, j.id limit least(l.room, t.share))
          union all
          (select j.id, j.urgency, j.run_at from freehold.jobs as j
           where j.state = 'waiting' and j.tenant_id = l.tenant_id and j.kind = l.kind and j.urgency < l.urgency
           order by j.urgency desc, j.run_at, j.id limit least(l.room, t.share))
          limit least(l.room, t.share)
        ) as c
      ), next as (
        select c.tenant_id, c.id, (c.turn - 1) % c.weight + 1 as turns,
               row_number() over (order by (c.turn - 1) / c.weight, c.nth, c.turn)::integer as place
        from candidate as c
        order by place limit free
      ), locked as (
        -- somebody may be cancelling it at this moment
        select n.tenant_id, n.id, n.turns, n.place from next as n
        join freehold.jobs as j on j.tenant_id = n.tenant_id and j.id = n.id
        where j.state = (select 'waiting')
        for update of j skip locked
      )
      update freehold.jobs as j
      set state = 'running', worker = of_worker, attempt = j.attempt + 1, claim = j.claim + 1
      from locked as l
      where j.tenant_id = l.tenant_id and j.id = l.id
      returning j.tenant_id, j.id, j.kind, j.payload, j.attempt, j.claim, j.weight, j.urgency, j.run_at, l.place, l.turns
    loop
      tenant_id := got.tenant_id; id := got.id; kind := got.kind; payload := got.payload; attempt := got.attempt;
      claim := got.claim; weight := got.weight; urgency := got.urgency; run_at := got.run_at;
      place := slots - before + got.place; turns := got.turns;
      return next;
      free := free - 1;
      if got.place > last_place then
        last_place := got.place;
        next_tenant := got.tenant_id;
        next_taken := got.turns;
      end if;
    end loop;
    -- Where some had less waiting than their share, others get more in another round.
    exit when free = 0 or free = before;
    after_tenant := next_tenant;
    taken := next_taken;
  end loop;
end $$;

-- Ends jobs well that nobody will look at any more, unless they were given to somebody else meanwhile; how many.
create function freehold.jobs_done(tenants uuid[], ids uuid[], claims integer[]) returns integer
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
  changed integer;
begin
  delete from freehold.jobs as j
  using unnest(tenants, ids, claims) as d (tenant_id, id, claim)
  where j.tenant_id = d.tenant_id and j.id = d.id and j.claim = d.claim and j.state = (select 'running');
  get diagnostics changed = row_count;
  return changed;
end $$;

-- The state of a job whose attempt ended so.
create function freehold.job_state_after(outcome text, cancel_requested boolean, run_at timestamptz, at timestamptz) returns text
language sql immutable
as $$
  select case when outcome <> 'waiting' then outcome when cancel_requested then 'cancelled' when run_at > at then 'scheduled'
              else 'waiting' end
$$;

-- Ends attempts in every other way, unless the job was given to somebody else meanwhile. Each outcome: state 'done', 'dead',
-- 'cancelled', or 'waiting' for another attempt at run_at; counted: whether this one was an attempt. Answers how many.
create function freehold.jobs_settle(outcomes json, cancelled_until timestamptz, at timestamptz) returns integer
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
set plan_cache_mode = force_generic_plan
as $$
declare
  changed integer;
begin
  update freehold.jobs as j
  set state = freehold.job_state_after(o.state, j.cancel_requested, o.run_at, at),
      run_at = coalesce(o.run_at, j.run_at),
      attempt = j.attempt - (not o.counted)::integer,
      worker = null,
      progress = case o.state when 'done' then 100 else j.progress end,
      error = o.error,
      finished_at = case when o.state <> 'waiting' or j.cancel_requested then at end,
      forget_at = case when o.state = 'waiting' and j.cancel_requested then cancelled_until else o.forget_at end
  from json_to_recordset(outcomes) as o (
    tenant_id uuid, id uuid, claim integer, state text, run_at timestamptz, counted boolean, error text, forget_at timestamptz
  )
  where j.tenant_id = o.tenant_id and j.id = o.id and j.claim = o.claim and j.state = (select 'running');
  get diagnostics changed = row_count;
  return changed;
end $$;

-- Ends a job well, in the transaction of its effect. False when it was given to somebody else meanwhile: then the effect
-- must not happen. kept_until null: nobody will look at it any more.
create function freehold.job_finish(of_tenant uuid, of_id uuid, of_claim integer, kept_until timestamptz, at timestamptz)
returns boolean
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set plan_cache_mode = force_generic_plan
as $$
begin
  if kept_until is null then
    delete from freehold.jobs as j
    where j.tenant_id = of_tenant and j.id = of_id and j.claim = of_claim and j.state = (select 'running');
  else
    update freehold.jobs as j
    set state = 'done', worker = null, progress = 100, error = null, finished_at = at, forget_at = kept_until
    where j.tenant_id = of_tenant and j.id = of_id and j.claim = of_claim and j.state = (select 'running');
  end if;
  return found;
end $$;

-- A worker says that it lives, and what it is doing. lost: it was given up, and what it did was given to others.
-- cancelled: what it should stop. What it was given without hearing of it goes back into the queue.
create function freehold.worker_beat(of_worker uuid, known uuid[], until timestamptz)
returns table (lost boolean, cancelled uuid[])
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  update freehold.workers as w set lease_until = until where w.id = of_worker;
  lost := not found;
  if not lost then
    update freehold.jobs as j set state = 'waiting', worker = null, attempt = j.attempt - 1
    where j.state = 'running' and j.worker = of_worker and j.id <> all (known);
    cancelled := array(
      select j.id from freehold.jobs as j
      where j.state = 'running' and j.worker = of_worker and j.cancel_requested
    );
  end if;
  return next;
end $$;

-- Gives up workers whose lease has passed, and puts what they were doing back into the queue: the first in its line, and
-- counted as an attempt, so that a job which ends its worker ends as a dead letter. What that was.
create function freehold.workers_bury(cancelled_until timestamptz, dead_until timestamptz, at timestamptz)
returns table (tenant_id uuid, id uuid, kind text, state text)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set jit = off
as $$
begin
  if not exists (select from freehold.workers as w where w.lease_until <= at) and not exists (
    select from freehold.jobs as j
    where j.state = 'running' and not exists (select from freehold.workers as w where w.id = j.worker)
  ) then
    return;
  end if;
  -- nobody is just being given something
  perform pg_advisory_xact_lock(1785684595);
  delete from freehold.workers as w where w.lease_until <= at;
  return query
    update freehold.jobs as j
    set state = l.after,
        worker = null,
        error = 'The worker that did it was lost.',
        finished_at = case when l.after <> 'waiting' then at end,
        forget_at = case l.after when 'cancelled' then cancelled_until when 'dead' then dead_until end
    from (
      select r.tenant_id, r.id,
             case when r.cancel_requested then 'cancelled' when r.attempt >= r.attempts then 'dead' else 'waiting' end as after
      from freehold.jobs as r
      where r.state = 'running' and not exists (select from freehold.workers as w where w.id = r.worker)
      -- a transaction that is just ending it decides; if it does not, the next time
      for update skip locked
    ) as l
    where j.tenant_id = l.tenant_id and j.id = l.id
    returning j.tenant_id, j.id, j.kind, j.state;
end $$;

-- Which of these regular things are due, each told to one who asks. next: when each is due after that, which is also when
-- one is due for the first time.
create function freehold.schedules_due(names text[], next timestamptz[], at timestamptz) returns setof text
language plpgsql
as $$
begin
  insert into freehold.schedules (name, next_at)
  select s.name, s.next_at from unnest(names, next) as s (name, next_at)
  where not exists (select from freehold.schedules as k where k.name = s.name)
  on conflict do nothing;
  return query
    update freehold.schedules as k set next_at = d.next_at
    from (
      select o.name, s.next_at from unnest(names, next) as s (name, next_at)
      join freehold.schedules as o on o.name = s.name
      where o.next_at <= at
      for update of o skip locked
    ) as d
    where k.name = d.name
    returning k.name;
end $$;
