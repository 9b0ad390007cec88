-- A file of an organization. Its object is in the file store, at tenants/{tenant_id}/{id}. The row is written before the object and
-- deleted after it, so that no object is without a row, whenever the program ends.
create table freehold.files (
  tenant_id uuid not null,
  id uuid not null,
  name text not null check (length(name) between 1 and 255),
  content_type text not null check (length(content_type) between 1 and 255),
  state text not null check (state in ('uploading', 'stored', 'deleting')),
  size bigint check (size >= 0),
  sha256 bytea check (length(sha256) = 32),
  meter text not null,
  multipart text,
  created_at timestamptz not null,
  due_at timestamptz,
  primary key (tenant_id, id),
  check (state <> 'stored' or (size is not null and sha256 is not null)),
  check ((state = 'stored') = (due_at is null))
);
comment on column freehold.files.state is 'uploading: the object is being written; stored: it is complete; deleting: it is being deleted, and then the row is';
comment on column freehold.files.meter is 'the meter in whose total the size is';
comment on column freehold.files.multipart is 'the unfinished multipart upload of an S3, which the sweep aborts; null where there is none';
comment on column freehold.files.due_at is 'from when the sweep deletes the object and the row; a running upload moves it on; null while stored';
create index files_stored on freehold.files (tenant_id, id) where state = 'stored';
create index files_due on freehold.files (due_at) where due_at is not null;
select freehold.protect('freehold.files', clients => false, system => 'write');

-- A deleted organization's files are deleted by the sweep. With the owner's rights, because the role that deletes an organization
-- may not write its files.
create function freehold.tenant_files_end() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update freehold.files as f set state = 'deleting', due_at = now() where f.tenant_id = old.tenant_id;
  return null;
end $$;
revoke execute on function freehold.tenant_files_end() from public;
create trigger tenant_files_end
after delete on freehold.tenants
for each row execute function freehold.tenant_files_end();
