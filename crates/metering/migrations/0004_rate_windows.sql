-- How many requests a key, a person or a tenant has made in the window that runs now. Shared by all servers.
create table freehold.rate_windows (
  tenant_id uuid not null,
  meter text not null,
  subject uuid not null,
  window_start timestamptz not null,
  used bigint not null,
  primary key (tenant_id, meter, subject)
);
comment on table freehold.rate_windows is 'one row for each subject: a window that is over is overwritten by the next';
-- Lost with a crash of the database, which costs nobody anything; writing it to the log would cost every request.
alter table freehold.rate_windows set unlogged;
select freehold.protect('freehold.rate_windows', clients => false);
-- A suspended tenant reads, and its reads are counted.
create policy rate_insert on freehold.rate_windows for insert to freehold_readonly
  with check (tenant_id = (select nullif(current_setting('freehold.tenant_id', true), '')::uuid));
create policy rate_update on freehold.rate_windows for update to freehold_readonly
  using (tenant_id = (select nullif(current_setting('freehold.tenant_id', true), '')::uuid))
  with check (tenant_id = (select nullif(current_setting('freehold.tenant_id', true), '')::uuid));
grant insert, update on freehold.rate_windows to freehold_readonly;

-- Counts one request; how many there have been in this window with it. Those past the limit are not counted, so that
-- a caller who keeps trying is let in as soon as the next window begins.
create function freehold.rate_take(of_meter text, of_subject uuid, of_window timestamptz, at_most bigint) returns bigint
language sql as $$
  insert into freehold.rate_windows as w (tenant_id, meter, subject, window_start, used)
  values (freehold.tenant_id(), of_meter, of_subject, of_window, 1)
  on conflict (tenant_id, meter, subject) do update set
    -- a server whose clock is late does not begin the window again
    window_start = greatest(w.window_start, of_window),
    used = case when w.window_start >= of_window then least(w.used, at_most) + 1 else 1 end
  returning used
$$;
