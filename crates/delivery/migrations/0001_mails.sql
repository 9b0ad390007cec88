-- Mails that were asked for, in the transaction of the change that asks. What is here has been decided; sending is later.
create table freehold.mails (
  id uuid primary key,
  cause text not null,
  template text not null,
  recipient text not null,
  data jsonb not null,
  created_at timestamptz not null,
  sent_at timestamptz,
  constraint mails_cause_key unique (cause)
);
create index mails_unsent on freehold.mails (created_at) where sent_at is null;
create index mails_recent on freehold.mails (created_at desc);
comment on column freehold.mails.cause is 'what makes sending exactly once: the same cause is not queued twice';
comment on column freehold.mails.data is 'what the template needs; may hold a sign-in code, so no tenant can read this table';
grant select, insert, update, delete on freehold.mails to freehold_system;

-- How other capabilities ask for a mail without knowing this one.
create function freehold.mail_enqueue(of_id uuid, of_cause text, of_template text, of_recipient text, of_data jsonb, at timestamptz)
returns void language sql as $$
  insert into freehold.mails (id, cause, template, recipient, data, created_at)
  values (of_id, of_cause, of_template, of_recipient, of_data, at)
  on conflict (cause) do nothing
$$;
revoke execute on function freehold.mail_enqueue(uuid, text, text, text, jsonb, timestamptz) from public;
grant execute on function freehold.mail_enqueue(uuid, text, text, text, jsonb, timestamptz) to freehold_system;
