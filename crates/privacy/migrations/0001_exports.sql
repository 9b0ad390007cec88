-- Exports of the data of an organization, or of a user. An export of a user's own data has an id for its tenant that is made of the user's, so that
-- row-level security keeps users apart as it keeps organizations apart.
create table freehold.exports (
  tenant_id uuid not null,
  id uuid not null,
  scope text not null check (scope in ('organization', 'user')),
  state text not null check (state in ('waiting', 'running', 'ready', 'failed', 'expired')),
  requested_kind text not null check (requested_kind in ('user', 'key')),
  requested_by uuid not null,
  mail_to uuid not null,
  job_id uuid not null,
  file_id uuid,
  size bigint check (size >= 0),
  sha256 bytea check (length(sha256) = 32),
  entries bigint,
  row_count bigint,
  failure text,
  requested_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  expires_at timestamptz,
  primary key (tenant_id, id),
  check ((state in ('waiting', 'running')) = (ended_at is null)),
  check ((state = 'failed') = (failure is not null)),
  check ((state in ('ready', 'expired')) = (expires_at is not null)),
  check (state <> 'ready' or (file_id is not null and size is not null and sha256 is not null))
);
comment on column freehold.exports.requested_by is 'the user or API key that requested the export';
comment on column freehold.exports.mail_to is 'the user who gets the mail: who requested the export, or is responsible for the key';
comment on column freehold.exports.job_id is 'the job that writes the archive';
comment on column freehold.exports.file_id is 'the archive in freehold.files; null until it is written';
comment on column freehold.exports.entries is 'number of files in the archive, with manifest.json; null until it is written';
comment on column freehold.exports.row_count is 'number of rows in the archive; null until it is written';
comment on column freehold.exports.failure is 'why it failed, in words for members; null unless it failed';
comment on column freehold.exports.expires_at is 'when the archive is deleted; null until it is written';
-- One at a time, so that no tenant has the server write several archives at once.
create unique index exports_one_open on freehold.exports (tenant_id) where state in ('waiting', 'running');
create index exports_archives on freehold.exports (tenant_id, file_id) where file_id is not null;
create index exports_due on freehold.exports (expires_at) where state = 'ready';
create index exports_open on freehold.exports (requested_at) where state in ('waiting', 'running');
create index exports_ended on freehold.exports (ended_at) where state in ('failed', 'expired');
select freehold.protect('freehold.exports', clients => false, system => 'write');

-- The exports of a deleted organization are deleted with it; their archives are, as its files are. With the owner's rights, because the
-- role that deletes an organization may not write its exports.
create function freehold.tenant_exports_end() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from freehold.exports as e where e.tenant_id = old.tenant_id;
  return null;
end $$;
revoke execute on function freehold.tenant_exports_end() from public;
create trigger tenant_exports_end
after delete on freehold.tenants
for each row execute function freehold.tenant_exports_end();
