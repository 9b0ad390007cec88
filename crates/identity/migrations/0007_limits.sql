-- How fast requests may come, and how often somebody may guess: a bucket of tries that fills up again with time. What is
-- kept is the moment at which it will be full, so that a bucket nobody has used for a while is no row at all.
create table freehold.rate_buckets (
  name text not null,
  subject bytea not null,
  full_at timestamptz not null,
  primary key (name, subject)
) with (fillfactor = 70);
-- Lost with a crash of the database, which costs nobody anything; writing it to the log would cost every sign-in.
alter table freehold.rate_buckets set unlogged;
comment on table freehold.rate_buckets is 'shared by all servers; rows whose time has passed mean nothing and are swept';
comment on column freehold.rate_buckets.subject is 'digest of an address or account, under the server''s pepper';
grant select, insert, update, delete on freehold.rate_buckets to freehold_system;

-- From where somebody has signed in before. Guesses that come from elsewhere cannot keep him out there.
create table freehold.known_places (
  user_id uuid not null,
  place bytea not null,
  seen_at timestamptz not null,
  primary key (user_id, place)
);
create index known_places_seen_at on freehold.known_places (seen_at);
comment on column freehold.known_places.place is 'digest of the person and the network, under the server''s pepper';
comment on column freehold.known_places.seen_at is 'exact to the day';
grant select, insert, update, delete on freehold.known_places to freehold_system;

-- On Supabase auth.users belongs to somebody else, and we may not be allowed to refer to it.
do $$
begin
  if has_table_privilege('auth.users', 'references') then
    alter table freehold.known_places
      add constraint known_places_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade;
  end if;
end $$;

-- Takes one try out of a bucket. A try takes `step` microseconds to grow back, and `room` microseconds' worth are there at
-- most. The answer: none when there was one; else when there will be.
create function freehold.bucket_take(of_name text, of_subject bytea, step bigint, room bigint, at timestamptz)
returns timestamptz
language plpgsql
as $$
declare
  one interval := step * interval '1 microsecond';
  all_of_them interval := room * interval '1 microsecond';
begin
  insert into freehold.rate_buckets as b (name, subject, full_at) values (of_name, of_subject, at + one)
  on conflict (name, subject) do update set full_at = greatest(b.full_at, at) + one
    where greatest(b.full_at, at) + one <= at + all_of_them;
  if found then
    return null;
  end if;
  return (
    select b.full_at + one - all_of_them from freehold.rate_buckets as b where b.name = of_name and b.subject = of_subject
  );
end $$;
grant execute on function freehold.bucket_take(text, bytea, bigint, bigint, timestamptz) to freehold_system;
