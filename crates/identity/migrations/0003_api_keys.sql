-- Keys of organizations, for programs. The key itself is shown once and kept nowhere.
create table freehold.api_keys (
  tenant_id uuid not null,
  id uuid primary key,
  name text not null check (length(name) between 1 and 100),
  prefix text not null,
  digest bytea not null,
  live boolean not null,
  role text not null check (role in ('viewer', 'member', 'admin', 'owner')),
  scopes text[] not null default '{}',
  created_by uuid,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  constraint api_keys_digest_key unique (digest)
);
comment on column freehold.api_keys.prefix is 'the first characters of the key, to recognise it by';
comment on column freehold.api_keys.digest is 'HMAC-SHA-256 of the key under the server''s pepper';
comment on column freehold.api_keys.role is 'the role of whoever made it; while he is a member, his present role bounds it too';
comment on column freehold.api_keys.last_used_at is 'exact to the minute';
select freehold.protect('freehold.api_keys', clients => false, system => 'write');
create index api_keys_tenant_id_id on freehold.api_keys (tenant_id, id desc);
