-- Where a key may be used from.
alter table freehold.api_keys
  add column allowed_networks text[] not null default '{}',
  add constraint api_keys_allowed_networks_check check (cardinality(allowed_networks) <= 50) not valid;
alter table freehold.api_keys validate constraint api_keys_allowed_networks_check;
comment on column freehold.api_keys.allowed_networks is 'CIDR networks, which bound its derived keys too; empty: everywhere';
