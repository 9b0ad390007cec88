-- What a request with an Idempotency-Key was answered, for 24 hours: written in the transaction of the change itself,
-- so that a retry after a power cut finds either the change with its answer, or neither.
create table freehold.idempotent_answers (
  tenant_id uuid not null,
  key text not null check (length(key) between 1 and 255),
  fingerprint bytea not null,
  status smallint,
  sealed_body bytea,
  expires_at timestamptz not null,
  primary key (tenant_id, key)
);
create index idempotent_answers_expires_at on freehold.idempotent_answers (expires_at);
comment on column freehold.idempotent_answers.fingerprint is 'SHA-256 of method, path and body: another request under the same key is refused';
select freehold.protect('freehold.idempotent_answers', clients => false, system => 'write');
