-- Work that is done later, by whichever worker comes first. Nobody's in particular: tenant 00000000-….
create table freehold.jobs (
  tenant_id uuid not null,
  id uuid not null,
  kind text collate "C" not null,
  state text not null check (state in ('scheduled', 'waiting', 'running', 'done', 'cancelled', 'dead')),
  run_at timestamptz not null,
  urgency smallint not null,
  weight smallint not null check (weight between 1 and 100),
  attempt smallint not null default 0,
  attempts smallint not null check (attempts between 1 and 100),
  claim integer not null default 0,
  worker uuid,
  cancel_requested boolean not null default false,
  progress smallint not null default 0 check (progress between 0 and 100),
  progress_words text not null default '',
  key text,
  error text,
  created_at timestamptz not null,
  finished_at timestamptz,
  forget_at timestamptz,
  payload json not null,
  primary key (tenant_id, id)
);
comment on column freehold.jobs.state is
  'scheduled: its time has not come; waiting: for a worker; dead: failed for good, until somebody replays it';
comment on column freehold.jobs.urgency is 'the higher goes first, within its tenant only; usually 0';
comment on column freehold.jobs.weight is 'how many turns its tenant gets for each turn of a tenant of weight 1';
comment on column freehold.jobs.attempt is 'how many attempts were begun that count';
comment on column freehold.jobs.claim is 'how often it was given to a worker: whoever had it before can no longer end it';
comment on column freehold.jobs.key is 'of the jobs of a tenant and kind that have not ended, only one has it';
comment on column freehold.jobs.error is 'why the last attempt failed, in words the tenant may read';
comment on column freehold.jobs.payload is 'kept as text: it is handed to the worker and never looked into';

-- Whose turn is it: by tenant and kind first, so that finding everybody who waits costs one look each, however much waits.
create index jobs_waiting on freehold.jobs (tenant_id, kind, urgency desc, run_at, id) where state = 'waiting';
create index jobs_due on freehold.jobs (run_at) where state = 'scheduled';
create index jobs_scheduled on freehold.jobs (tenant_id) where state = 'scheduled';
create index jobs_running on freehold.jobs (tenant_id, kind) where state = 'running';
create index jobs_dead on freehold.jobs (tenant_id, id) where state = 'dead';
create index jobs_forgettable on freehold.jobs (forget_at) where forget_at is not null;
create unique index jobs_key on freehold.jobs (tenant_id, kind, key)
  where key is not null and state in ('scheduled', 'waiting', 'running');
-- A job leaves two dead rows behind within a second of its life.
alter table freehold.jobs set (
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0
);
select freehold.protect('freehold.jobs', clients => false, system => 'write');

-- The workers there are. One lease for all that a worker does, so that keeping it costs one row.
create table freehold.workers (
  id uuid primary key,
  lease_until timestamptz not null
);
comment on column freehold.workers.lease_until is 'when it passes without being extended, others take over what the worker was doing';
grant select, insert, update, delete on freehold.workers to freehold_system;

-- When what happens regularly happens next.
create table freehold.schedules (
  name text primary key,
  next_at timestamptz not null
);
grant select, insert, update, delete on freehold.schedules to freehold_system;
