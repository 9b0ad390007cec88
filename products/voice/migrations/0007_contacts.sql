-- Whom a campaign calls.
create table voice.contacts (
  tenant_id uuid not null,
  id uuid not null,
  campaign_id uuid not null,
  line integer not null,
  phone text,
  inputs json not null,
  status text not null default 'waiting' check (status in ('waiting', 'calling', 'reached', 'unreached', 'failed')),
  tries integer not null default 0,
  due_at timestamptz not null,
  run_id uuid,
  outcome text,
  success boolean not null default false,
  duration_ms bigint not null default 0,
  cost_minor bigint not null default 0,
  called_at timestamptz,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, campaign_id) references voice.campaigns (tenant_id, id) on delete cascade
);
create index contacts_campaign on voice.contacts (tenant_id, campaign_id, id);
create unique index contacts_phone on voice.contacts (tenant_id, campaign_id, phone);
create index contacts_due on voice.contacts (tenant_id, campaign_id, due_at, id) where status = 'waiting';
create index contacts_calling on voice.contacts (tenant_id, campaign_id) where status = 'calling';
comment on column voice.contacts.line is 'of the file it came with';
comment on column voice.contacts.phone is 'E.164; null where the list has no numbers, which only the text channel does without';
comment on column voice.contacts.status is 'waiting: to be called, at due_at or later; calling: run_id is under way; reached, unreached (as often as was asked for) and failed are the end';
comment on column voice.contacts.run_id is 'of the last try';
comment on column voice.contacts.cost_minor is 'of all tries';
select freehold.protect('voice.contacts');
