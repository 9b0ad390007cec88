-- Counts one request of a window of so many seconds; how many there have been in this window with it. A window that lies further
-- ahead than the next one was begun by a server whose clock was ahead, and ends here. The older function stays for servers of the
-- version before.
create function freehold.rate_take(of_meter text, of_subject uuid, of_window timestamptz, at_most bigint, seconds integer)
returns bigint
language sql as $$
  insert into freehold.rate_windows as w (tenant_id, meter, subject, window_start, used)
  values (freehold.tenant_id(), of_meter, of_subject, of_window, 1)
  on conflict (tenant_id, meter, subject) do update set
    -- a server whose clock is late does not begin the window again
    window_start = case
      when w.window_start > of_window + seconds * interval '1 second' then of_window
      else greatest(w.window_start, of_window)
    end,
    used = case
      when w.window_start > of_window + seconds * interval '1 second' then 1
      when w.window_start >= of_window then least(w.used, at_most) + 1
      else 1
    end
  returning used
$$;
