-- Analyzed while many jobs are written and not yet committed, the table looks small with long indexes, and the planner would read
-- all of a tenant's jobs and sort them, until it is analyzed again. What waits is to be read in the order of its index, always.
alter function freehold.jobs_claim(
  uuid, text[], integer[], uuid, integer, integer, timestamptz, uuid[], text[], smallint[], smallint[], timestamptz[]
) set enable_sort = off;
alter function freehold.jobs_claim(
  uuid, text[], integer[], uuid, integer, integer, timestamptz, uuid[], text[], smallint[], smallint[], timestamptz[]
) set enable_incremental_sort = off;
