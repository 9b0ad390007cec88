-- What a server writes to learn whether the database can be written. A few rows, so that servers that ask at once do not wait
-- for each other.
create table freehold.heartbeats (
  place smallint primary key,
  beaten_at timestamptz not null
);
comment on table freehold.heartbeats is 'written by readiness checks; see crates/db/src/health.rs';
revoke all on freehold.heartbeats from public;

-- Writes a row, and tells the time. A row that exists finds room on a full disk, so some 300 kB are spilled to a temporary file
-- as well; they are gone with the statement.
create function freehold.heartbeat() returns timestamptz
language plpgsql security definer set search_path = '' set work_mem = '64kB' set temp_tablespaces = ''
as $$
declare
  beat constant timestamptz := clock_timestamp();
begin
  perform count(*) from generate_series(1, 10000);
  insert into freehold.heartbeats as h (place, beaten_at) values (pg_backend_pid() % 16, beat)
  on conflict (place) do update set beaten_at = excluded.beaten_at;
  return beat;
end $$;
revoke execute on function freehold.heartbeat() from public;
grant execute on function freehold.heartbeat() to freehold_system;
