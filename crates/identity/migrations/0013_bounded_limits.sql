-- A bucket never lies further ahead than all of its tries take to grow back: a time beyond that was written by a server whose clock
-- was ahead, and would keep everybody out until then. It says nothing of how many tries there were, so it begins anew. The five
-- seconds are more than the clocks of servers may differ by, so a client gains nothing by asking another server.
create or replace function freehold.bucket_take(of_name text, of_subject bytea, step bigint, room bigint, at timestamptz)
returns timestamptz
language plpgsql
as $$
declare
  one constant interval := step * interval '1 microsecond';
  all_of_them constant interval := room * interval '1 microsecond';
  furthest constant timestamptz := at + all_of_them + interval '5 seconds';
begin
  insert into freehold.rate_buckets as b (name, subject, full_at) values (of_name, of_subject, at + one)
  on conflict (name, subject) do update
    set full_at = case when b.full_at > furthest then at else greatest(b.full_at, at) end + one
    where b.full_at > furthest or greatest(b.full_at, at) + one <= at + all_of_them;
  if found then
    return null;
  end if;
  return (
    select b.full_at + one - all_of_them from freehold.rate_buckets as b where b.name = of_name and b.subject = of_subject
  );
end $$;
