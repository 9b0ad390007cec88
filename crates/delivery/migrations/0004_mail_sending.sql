-- How a mail is sent. Whoever sends it takes it for a while: attempts goes up and due_at moves to when the mail is
-- anybody's again. So a worker that dies gives its mails back, and one that was too slow is known by the number of its
-- attempt. A mail ends once, in one of the states behind 'queued'.
alter table freehold.mails
  add column state text not null default 'queued',
  add column attempts smallint not null default 0,
  add column due_at timestamptz,
  add column ended_at timestamptz,
  add column answer text,
  add column for_tenant uuid;

update freehold.mails set due_at = created_at, ended_at = sent_at, state = case when sent_at is null then 'queued' else 'sent' end;

alter table freehold.mails
  alter column due_at set not null,
  drop column sent_at,
  add constraint mails_state_known check (state in ('queued', 'sent', 'suppressed', 'expired', 'failed')),
  add constraint mails_ended_when_not_queued check ((state = 'queued') = (ended_at is null));

create index mails_due on freehold.mails (due_at) where state = 'queued';
create index mails_ended on freehold.mails (ended_at) where state <> 'queued';

comment on column freehold.mails.state is 'expired: its link had stopped working before it could be sent; suppressed: its address takes no mails';
comment on column freehold.mails.attempts is 'how often somebody began to send it; the number of the attempt that is under way';
comment on column freehold.mails.due_at is 'when it may be taken; while somebody sends it, when it may be taken from him';
comment on column freehold.mails.answer is 'what the mail server last said, or why it was not asked';
comment on column freehold.mails.for_tenant is 'whose branding it has; it is not that tenant''s row, and no tenant may read it';

drop function freehold.mail_enqueue(uuid, text, text, text, jsonb, timestamptz);

-- How other capabilities ask for a mail without knowing this one.
create function freehold.mail_enqueue(
  of_id uuid, of_cause text, of_template text, of_recipient text, of_data jsonb, at timestamptz, of_tenant uuid default null
)
returns void language sql as $$
  insert into freehold.mails (id, cause, template, recipient, data, created_at, due_at, for_tenant)
  values (of_id, of_cause, of_template, of_recipient, of_data, at, at, of_tenant)
  on conflict (cause) do nothing
$$;
revoke execute on function freehold.mail_enqueue(uuid, text, text, text, jsonb, timestamptz, uuid) from public;
grant execute on function freehold.mail_enqueue(uuid, text, text, text, jsonb, timestamptz, uuid) to freehold_system;
