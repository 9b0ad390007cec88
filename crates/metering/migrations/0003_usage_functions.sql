-- Each of these is one round trip, and each begins by locking the total's row: under any concurrency the limit lets
-- exactly as much through as it says. They run with the rights of whoever calls them, under row-level security.

-- Locks the total, making it when it is new.
create function freehold.usage_lock(of_meter text, of_period timestamptz) returns freehold.usage_totals
language plpgsql as $$
declare
  total freehold.usage_totals;
begin
  loop
    select * into total from freehold.usage_totals
    where tenant_id = (select freehold.tenant_id()) and meter = of_meter and period_start = of_period
    for update;
    exit when found;
    insert into freehold.usage_totals (tenant_id, meter, period_start)
    values (freehold.tenant_id(), of_meter, of_period)
    on conflict do nothing;
  end loop;
  return total;
end $$;

-- Gives back what was promised, of the period whose total the caller has locked, to actions that never ended. Not of
-- other periods: who works in those has locked their totals, and would wait for ours.
create function freehold.usage_expire(of_meter text, of_period timestamptz, at timestamptz) returns void
language sql as $$
  with expired as (
    delete from freehold.usage_reservations
    where tenant_id = (select freehold.tenant_id()) and meter = of_meter and period_start = of_period and expires_at <= at
    returning quantity
  )
  update freehold.usage_totals as t set reserved = t.reserved - (select coalesce(sum(quantity), 0)::bigint from expired)
  where t.tenant_id = (select freehold.tenant_id()) and t.meter = of_meter and t.period_start = of_period
$$;

-- Whether an amount fits under the limit of a locked total, giving back expired promises where it would not.
-- at_most null: unlimited. used: what is used and promised.
create function freehold.usage_admit(
  total freehold.usage_totals, amount bigint, at_most bigint, at timestamptz, out fits boolean, out used bigint
)
language plpgsql as $$
begin
  fits := at_most is null or amount <= 0 or total.used + total.reserved + amount <= at_most;
  if not fits then
    perform freehold.usage_expire(total.meter, total.period_start, at);
    total := freehold.usage_lock(total.meter, total.period_start);
    fits := total.used + total.reserved + amount <= at_most;
  end if;
  used := total.used + total.reserved;
end $$;

-- Tells that 80, 90 or 100 % of a limit are used: the highest that was crossed, each once a period and limit. Of what exists
-- (levels), which comes and goes, once a day at most. The total is locked, so `before` and `used` are exact.
create function freehold.usage_tell(of_meter text, of_period timestamptz, before bigint, used bigint, at_most bigint, at timestamptz)
returns void
language plpgsql as $$
declare
  crossed smallint := case
    when before < at_most and used >= at_most then 100
    when before * 10 < at_most * 9 and used * 10 >= at_most * 9 then 90
    when before * 10 < at_most * 8 and used * 10 >= at_most * 8 then 80
  end;
begin
  if crossed is null then
    return;
  end if;
  insert into freehold.usage_alerts as a (tenant_id, meter, period_start, at_most, percent, told_at)
  values (freehold.tenant_id(), of_meter, of_period, at_most, crossed, at)
  on conflict on constraint usage_alerts_pkey do update set told_at = excluded.told_at
  where a.period_start = 'epoch' and a.told_at <= excluded.told_at - interval '1 day';
  if not found then
    return;
  end if;
  perform freehold.event_publish(
    freehold.uuid_v7(at), 'usage.threshold_reached', 1::smallint,
    jsonb_build_object(
      'meter', of_meter, 'percent', crossed, 'used', used, 'limit', at_most,
      'period_start', to_char(nullif(of_period, 'epoch') at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
    at);
end $$;

-- Whether the ledger has the event.
create function freehold.usage_known(of_event uuid, of_meter text) returns boolean
language sql as $$
  select exists (
    select from freehold.usage_events
    where tenant_id = (select freehold.tenant_id()) and event_id = of_event and meter = of_meter
  )
$$;

-- Records that something was used, once per event, if the limit allows. at_most null: unlimited.
-- outcome: 'recorded', 'known' (this event was recorded before) or 'exceeded' (nothing was changed).
create function freehold.usage_record(
  of_event uuid, of_meter text, of_period timestamptz, amount bigint, at_most bigint, at timestamptz,
  out outcome text, out used bigint
)
language plpgsql as $$
declare
  total freehold.usage_totals := freehold.usage_lock(of_meter, of_period);
  fits boolean;
begin
  if freehold.usage_known(of_event, of_meter) then
    outcome := 'known';
    used := total.used + total.reserved;
    return;
  end if;
  select a.fits, a.used into fits, used from freehold.usage_admit(total, amount, at_most, at) as a;
  if not fits then
    outcome := 'exceeded';
  else
    insert into freehold.usage_events (tenant_id, event_id, meter, period_start, quantity, occurred_at)
    values (freehold.tenant_id(), of_event, of_meter, of_period, amount, at);
    update freehold.usage_totals as t set used = t.used + amount
    where t.tenant_id = (select freehold.tenant_id()) and t.meter = of_meter and t.period_start = of_period;
    outcome := 'recorded';
    used := used + amount;
    if amount > 0 and used * 10 >= at_most * 8 then
      perform freehold.usage_tell(of_meter, of_period, used - amount, used, at_most, at);
    end if;
  end if;
end $$;

-- Promises an amount to an action that begins. outcome: 'reserved', 'known' (promised already, or even kept: whoever
-- repeats the whole action must not promise it again) or 'exceeded'.
create function freehold.usage_reserve(
  of_reservation uuid, of_meter text, of_period timestamptz, amount bigint, at_most bigint, at timestamptz, until timestamptz,
  out outcome text, out used bigint
)
language plpgsql as $$
declare
  total freehold.usage_totals := freehold.usage_lock(of_meter, of_period);
  fits boolean;
begin
  if freehold.usage_known(of_reservation, of_meter) or exists (
    select from freehold.usage_reservations
    where tenant_id = (select freehold.tenant_id()) and reservation_id = of_reservation and meter = of_meter
  ) then
    outcome := 'known';
    used := total.used + total.reserved;
    return;
  end if;
  select a.fits, a.used into fits, used from freehold.usage_admit(total, amount, at_most, at) as a;
  if not fits then
    outcome := 'exceeded';
  else
    insert into freehold.usage_reservations (tenant_id, reservation_id, meter, period_start, quantity, at_most, expires_at)
    values (freehold.tenant_id(), of_reservation, of_meter, of_period, amount, at_most, until);
    update freehold.usage_totals as t set reserved = t.reserved + amount
    where t.tenant_id = (select freehold.tenant_id()) and t.meter = of_meter and t.period_start = of_period;
    outcome := 'reserved';
    used := used + amount;
    if used * 10 >= at_most * 8 then
      perform freehold.usage_tell(of_meter, of_period, used - amount, used, at_most, at);
    end if;
  end if;
end $$;

-- The action ended well: what it really used becomes usage. Counted even when the reservation has expired meanwhile,
-- for the action did happen. outcome: 'recorded' or 'known'.
create function freehold.usage_commit(
  of_reservation uuid, of_meter text, of_period timestamptz, amount bigint, at timestamptz, out outcome text, out used bigint
)
language plpgsql as $$
declare
  total freehold.usage_totals := freehold.usage_lock(of_meter, of_period);
  promised bigint;
  at_most bigint;
begin
  delete from freehold.usage_reservations as r
  where tenant_id = (select freehold.tenant_id()) and reservation_id = of_reservation and meter = of_meter
    and period_start = of_period
  returning r.quantity, r.at_most into promised, at_most;
  outcome := 'recorded';
  if freehold.usage_known(of_reservation, of_meter) then
    outcome := 'known';
    amount := 0;
  else
    insert into freehold.usage_events (tenant_id, event_id, meter, period_start, quantity, occurred_at)
    values (freehold.tenant_id(), of_reservation, of_meter, of_period, amount, at);
  end if;
  update freehold.usage_totals as t set used = t.used + amount, reserved = t.reserved - coalesce(promised, 0)
  where t.tenant_id = (select freehold.tenant_id()) and t.meter = of_meter and t.period_start = of_period;
  used := total.used + total.reserved + amount - coalesce(promised, 0);
  -- only when it used more than was promised
  if amount > promised and used * 10 >= at_most * 8 then
    perform freehold.usage_tell(of_meter, of_period, total.used + total.reserved, used, at_most, at);
  end if;
end $$;

-- The action failed: it used nothing. True when there was a promise to take back.
create function freehold.usage_release(of_reservation uuid, of_meter text, of_period timestamptz) returns boolean
language plpgsql as $$
declare
  promised bigint;
begin
  perform freehold.usage_lock(of_meter, of_period);
  delete from freehold.usage_reservations
  where tenant_id = (select freehold.tenant_id()) and reservation_id = of_reservation and meter = of_meter
    and period_start = of_period
  returning quantity into promised;
  if promised is null then
    return false;
  end if;
  update freehold.usage_totals as t set reserved = t.reserved - promised
  where t.tenant_id = (select freehold.tenant_id()) and t.meter = of_meter and t.period_start = of_period;
  return true;
end $$;

-- Totals that differ from their ledger, or promises that differ from their reservations. Always empty.
create view freehold.usage_drift with (security_invoker = true) as
select t.tenant_id, t.meter, t.period_start, t.used, coalesce(e.quantity, 0) as in_ledger
from freehold.usage_totals as t
left join lateral (
  select sum(quantity)::bigint as quantity from freehold.usage_events as e
  where e.tenant_id = t.tenant_id and e.meter = t.meter and e.period_start = t.period_start
) as e on true
where t.used <> coalesce(e.quantity, 0)
union all
select t.tenant_id, t.meter || ' (promised)', t.period_start, t.reserved, coalesce(r.quantity, 0)
from freehold.usage_totals as t
left join lateral (
  select sum(quantity)::bigint as quantity from freehold.usage_reservations as r
  where r.tenant_id = t.tenant_id and r.meter = t.meter and r.period_start = t.period_start
) as r on true
where t.reserved <> coalesce(r.quantity, 0);
grant select on freehold.usage_drift to freehold_system, freehold_app;
