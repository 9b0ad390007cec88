-- Users who asked to be deleted. The row goes with its user.
create table freehold.user_deletions (
  user_id uuid primary key,
  requested_at timestamptz not null,
  due_at timestamptz not null,
  problem text
);
comment on column freehold.user_deletions.problem is 'why the user could not be deleted when it was due; null: nothing';
create index user_deletions_due on freehold.user_deletions (due_at);
grant select, insert, update, delete on freehold.user_deletions to freehold_system;

-- On Supabase auth.users belongs to another role, and a foreign key to it may not be allowed.
do $$
begin
  if has_table_privilege('auth.users', 'references') then
    alter table freehold.user_deletions
      add constraint user_deletions_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade;
  end if;
end $$;
