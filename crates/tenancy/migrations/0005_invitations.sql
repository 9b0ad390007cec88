-- Addresses that are to become members. The token is in the mail and kept nowhere; what is closed stays for the records.
create table freehold.invitations (
  tenant_id uuid not null references freehold.tenants (tenant_id) on delete cascade,
  invitation_id uuid not null,
  email text not null check (length(email) between 3 and 254),
  role text not null check (role in ('viewer', 'member', 'admin', 'owner')),
  digest bytea not null,
  invited_by uuid,
  mails integer not null default 1,
  created_at timestamptz not null,
  sent_at timestamptz not null,
  expires_at timestamptz not null,
  accepted_at timestamptz,
  accepted_by uuid,
  revoked_at timestamptz,
  primary key (tenant_id, invitation_id),
  constraint invitations_digest_key unique (digest),
  constraint invitations_closed_once check (accepted_at is null or revoked_at is null),
  constraint invitations_accepted_by_somebody check ((accepted_at is null) = (accepted_by is null))
);
comment on column freehold.invitations.email is 'lower case';
comment on column freehold.invitations.digest is 'HMAC-SHA-256 of the token under the server''s pepper; another with every mail';
comment on column freehold.invitations.invited_by is 'the person; null: a key';
comment on column freehold.invitations.mails is 'how often it was sent';
-- One that has expired is closed before the address is invited anew.
create unique index invitations_one_open on freehold.invitations (tenant_id, email)
  where accepted_at is null and revoked_at is null;
create index invitations_email on freehold.invitations (email) where accepted_at is null and revoked_at is null;
create index invitations_expiry on freehold.invitations (expires_at);
create index invitations_sent on freehold.invitations (tenant_id, sent_at);
select freehold.protect('freehold.invitations', clients => false, system => 'write');

-- Asks for the mail of an invitation, in the transaction of the tenant that invites: to the invited address and to no other.
create function freehold.invitation_mail(of_invitation uuid, of_mail uuid, of_data jsonb, at timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  recipient text;
  tenant uuid := freehold.tenant_id();
begin
  select i.email into strict recipient from freehold.invitations as i
  where i.tenant_id = tenant and i.invitation_id = of_invitation and i.accepted_at is null and i.revoked_at is null;
  perform freehold.mail_enqueue(
    of_mail, 'invitation/' || of_mail, 'organization_invitation', recipient, of_data, at, tenant);
end $$;
revoke execute on function freehold.invitation_mail(uuid, uuid, jsonb, timestamptz) from public;
grant execute on function freehold.invitation_mail(uuid, uuid, jsonb, timestamptz) to freehold_app;
