-- Promises of actions that never ended, given back also where nobody asks for room: a period that is over is asked by nobody.
create index usage_reservations_expired on freehold.usage_reservations (expires_at);
select freehold.protect('freehold.usage_totals', system => 'write');
select freehold.protect('freehold.usage_reservations', system => 'write');

-- Gives back what expired, of at most so many totals; of how many. Locks a total before its promises, as everybody does, and
-- waits for nobody: a total that somebody is working with is left for the next time.
create function freehold.usage_sweep(totals integer, at timestamptz) returns integer
language plpgsql
as $$
declare
  total record;
  swept integer := 0;
begin
  for total in
    select t.tenant_id, t.meter, t.period_start
    from (
      select distinct r.tenant_id, r.meter, r.period_start from freehold.usage_reservations as r
      where r.expires_at <= at limit totals
    ) as e
    join freehold.usage_totals as t using (tenant_id, meter, period_start)
    for update of t skip locked
  loop
    with expired as (
      delete from freehold.usage_reservations as r
      where r.tenant_id = total.tenant_id and r.meter = total.meter and r.period_start = total.period_start
        and r.expires_at <= at
      returning r.quantity
    )
    update freehold.usage_totals as t set reserved = t.reserved - (select coalesce(sum(quantity), 0)::bigint from expired)
    where t.tenant_id = total.tenant_id and t.meter = total.meter and t.period_start = total.period_start;
    swept := swept + 1;
  end loop;
  return swept;
end $$;
