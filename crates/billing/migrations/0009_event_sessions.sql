-- Events were kept with the addresses of portal and checkout sessions, by which a customer is signed in or pays.
update freehold.stripe_events
set payload = regexp_replace(payload::text, '("url"\s*:\s*)"(?:[^"\\]|\\.)*"', '\1"[secret]"', 'g')::json
where (type like 'billing\_portal.session.%' or type like 'checkout.session.%') and payload::text ~ '"url"\s*:\s*"';
