-- Mails are claimed by lanes: those that a user waits for at a sign-in go first, and none of the receiving domains takes all
-- senders. Both columns have a constant default, so that a full table is not written anew.
alter table freehold.mails
  add column urgent boolean not null default false,
  add column domain text not null default '';
comment on column freehold.mails.urgent is 'a user waits for it: sign-in, sign-up, a new password or address; it goes first';
comment on column freehold.mails.domain is 'domain of the recipient, in lower case; the lane in which the mail waits';

-- A trigger, because servers of before this migration queue mails beside those of after it, and operators queue old ones again.
create function freehold.mail_lane_set() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.urgent := new.template in (
    'confirm_signup', 'magic_link', 'recovery', 'email_change', 'email_change_current', 'reauthentication'
  );
  new.domain := left(lower(coalesce(substring(new.recipient from '@([^@]*)$'), '')), 255);
  return new;
end $$;
create trigger mails_lane_set
before insert or update of template, recipient, state on freehold.mails
for each row when (new.state = 'queued') execute function freehold.mail_lane_set();
