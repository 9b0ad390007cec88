-- Calling hours go by the clock of each contact, and numbers without a country code by the country of the campaign.
alter table voice.campaigns add column default_country text check (default_country ~ '^[A-Z]{2}$');
alter table voice.contacts add column time_zone text not null default '';
comment on column voice.campaigns.default_country is 'ISO 3166-1 alpha-2; of contacts whose number has no country code';
comment on column voice.contacts.time_zone is 'IANA name; empty where neither the list nor the number says one: the campaign''s zone';
-- Whose turn it is among the contacts of a zone whose clock shows calling hours.
create index contacts_waiting on voice.contacts (tenant_id, campaign_id, time_zone, due_at, id) where status = 'waiting';
drop index voice.contacts_due;
