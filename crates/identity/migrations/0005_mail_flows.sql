-- When a mail was last asked for, for each address and each way of asking. It is noted for addresses that nobody has, too,
-- so that the wait between two mails tells nobody who is known here.
create table freehold.mail_requests (
  digest bytea primary key,
  asked_at timestamptz not null
);
create index mail_requests_asked_at_idx on freehold.mail_requests (asked_at);
comment on column freehold.mail_requests.digest is 'SHA-256 of realm, way of asking and address; rows go once the wait is over';
grant select, insert, update, delete on freehold.mail_requests to freehold_system;

-- On a Supabase database the mails are not ours.
do $$
begin
  if pg_get_userbyid((select relowner from pg_class where oid = 'auth.users'::regclass)) <> 'freehold_owner' then
    return;
  end if;
  alter table auth.one_time_tokens
    add column flow_id uuid references auth.flow_state (id) on delete set null;
  create index one_time_tokens_flow_id_idx on auth.one_time_tokens (flow_id);
  comment on column auth.one_time_tokens.flow_id is 'the sign-in that the link of this mail goes on with (RFC 7636); it must live as long as the link';
end $$;
