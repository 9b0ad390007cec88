-- Secrets of a mail, such as a sign-in link, are sealed while it is queued and deleted when it ends.
alter table freehold.mails add column mailbox_sealed text;
comment on column freehold.mails.mailbox_sealed is 'sealed secrets that the local mailbox shows; null where mails are not shown at /dev/mail';
comment on column freehold.mails.data is 'what the template needs; the field sealed, base64, holds the secrets until the mail ends';

-- A trigger, so that no statement can end a mail and keep its secrets. Servers of before queued links and codes in clear.
create function freehold.mail_delete_secrets() returns trigger
language plpgsql set search_path = ''
as $$
begin
  new.data := new.data - 'sealed';
  if new.template in (
    'confirm_signup', 'magic_link', 'recovery', 'invite', 'email_change', 'email_change_current', 'reauthentication',
    'organization_invitation'
  ) then
    new.data := new.data - array['code', 'link'];
  end if;
  return new;
end $$;
create trigger mails_delete_secrets
before insert or update on freehold.mails
for each row when (new.state <> 'queued') execute function freehold.mail_delete_secrets();

-- Those that have ended already.
update freehold.mails set data = data where state <> 'queued' and data ?| array['code', 'link'];
