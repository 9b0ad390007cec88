-- Events were kept with the client secrets that their objects hold, by which a browser pays. Nothing here reads them.
update freehold.stripe_events
set payload = regexp_replace(
  payload::text, '("(?:[a-z0-9_]*_)?secret"\s*:\s*)"(?:[^"\\]|\\.)*"', '\1"[secret]"', 'g'
)::json
where payload::text ~ '"(?:[a-z0-9_]*_)?secret"\s*:\s*"';
