create role supabase_auth_admin noinherit createrole login;
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
create role project_owner login createrole createdb replication bypassrls;
grant anon, authenticated, service_role to project_owner with admin option;
do $$ begin execute format('alter database %I owner to project_owner', current_database()); end $$;
create schema auth authorization supabase_auth_admin;
grant usage on schema auth to anon, authenticated, service_role;
grant all on schema auth to project_owner;
set role supabase_auth_admin;
create table auth.users (
  id uuid primary key, email varchar(255), is_sso_user boolean not null default false,
  encrypted_password varchar(255), created_at timestamptz, updated_at timestamptz
);
create table auth.sessions (id uuid primary key, user_id uuid not null references auth.users (id) on delete cascade);
grant all on all tables in schema auth to project_owner;
create function auth.uid() returns uuid language sql stable as
  $$ select coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''),
     (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'))::uuid $$;
create function auth.jwt() returns jsonb language sql stable as
  $$ select coalesce(nullif(current_setting('request.jwt.claim', true), ''), nullif(current_setting('request.jwt.claims', true), ''))::jsonb $$;
create function auth.role() returns text language sql stable as
  $$ select coalesce(nullif(current_setting('request.jwt.claim.role', true), ''),
     (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'))::text $$;
create function auth.email() returns text language sql stable as
  $$ select coalesce(nullif(current_setting('request.jwt.claim.email', true), ''),
     (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'))::text $$;
reset role;
