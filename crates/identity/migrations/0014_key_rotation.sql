-- A rotated key keeps its id and gets another secret; the one before stays valid until the overlap ends.
alter table freehold.api_keys
  add column rotated_at timestamptz,
  add column previous_prefix text,
  add column previous_digest bytea,
  add column previous_until timestamptz,
  add constraint api_keys_previous_digest_key unique (previous_digest);
comment on column freehold.api_keys.rotated_at is 'when the secret was replaced last; null: never';
comment on column freehold.api_keys.previous_prefix is 'the first characters of the secret before, to recognise it by';
comment on column freehold.api_keys.previous_digest is 'as digest, of the secret before; kept after its end, so that its use can be explained';
comment on column freehold.api_keys.previous_until is 'when the secret before stops working';
