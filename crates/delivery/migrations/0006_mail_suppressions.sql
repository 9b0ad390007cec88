-- Addresses that take no mails: asking their servers again and again is what makes other servers refuse ours.
create table freehold.mail_suppressions (
  address text primary key,
  reason text not null check (reason in ('hard_bounce', 'complaint', 'manual')),
  answer text,
  since timestamptz not null
);
comment on column freehold.mail_suppressions.address is 'in the one spelling that freehold_delivery::mail::Address::canonical gives it';
comment on column freehold.mail_suppressions.answer is 'what the mail server said';
grant select, insert, update, delete on freehold.mail_suppressions to freehold_system;
