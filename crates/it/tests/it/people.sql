SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);

--
-- Data for Name: users; Type: TABLE DATA; Schema: auth; Owner: supabase_auth_admin
--

COPY "auth"."users" ("instance_id", "id", "aud", "role", "email", "encrypted_password", "email_confirmed_at", "invited_at", "confirmation_token", "last_sign_in_at", "raw_app_meta_data", "raw_user_meta_data", "is_super_admin", "created_at", "updated_at", "phone", "phone_confirmed_at", "banned_until", "is_sso_user", "deleted_at", "is_anonymous") FROM stdin;
00000000-0000-0000-0000-000000000000	0b0b7f5e-0000-4000-8000-000000000001	authenticated	authenticated	ada@example.org	$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.	2024-02-03 04:05:07+00	\N		2026-01-01 10:00:00.5+00	{"provider": "email", "providers": ["email", "google"]}	{"motto": "tabs\\tand \\"quotes\\" and \\\\ and\\nlines"}	\N	2024-02-03 04:05:06.789012+00	2024-02-03 04:05:06.789012+00	\N	\N	\N	f	\N	f
00000000-0000-0000-0000-000000000000	0b0b7f5e-0000-4000-8000-000000000002	authenticated	authenticated	unconfirmed@example.org	$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.	\N	\N		\N	{"provider": "email", "providers": ["email"]}	{}	\N	2024-02-03 04:05:06.789012+00	2024-02-03 04:05:06.789012+00	\N	\N	\N	f	\N	f
00000000-0000-0000-0000-000000000000	0b0b7f5e-0000-4000-8000-000000000003	authenticated	authenticated	banned@example.org	$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.	2024-02-03 04:05:07+00	\N		2026-01-01 10:00:00.5+00	{"provider": "email", "providers": ["email"]}	{}	\N	2024-02-03 04:05:06.789012+00	2024-02-03 04:05:06.789012+00	\N	\N	2124-01-01 00:00:00+00	f	\N	f
00000000-0000-0000-0000-000000000000	0b0b7f5e-0000-4000-8000-000000000004	authenticated	authenticated	\N	\N	\N	\N		2026-01-01 10:00:00.5+00	{"provider": "phone", "providers": ["phone"]}	{}	\N	2024-02-03 04:05:06.789012+00	2024-02-03 04:05:06.789012+00	491701234567	2024-02-03 04:05:07+00	\N	f	\N	f
00000000-0000-0000-0000-000000000000	0b0b7f5e-0000-4000-8000-000000000005	authenticated	authenticated	odd@example.org	md5md5md5md5	2024-02-03 04:05:07+00	\N		2026-01-01 10:00:00.5+00	{"provider": "email", "providers": ["email"]}	{}	\N	2024-02-03 04:05:06.789012+00	2024-02-03 04:05:06.789012+00	\N	\N	\N	f	\N	f
00000000-0000-0000-0000-000000000000	0b0b7f5e-0000-4000-8000-000000000006	authenticated	authenticated	no address	$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.	2024-02-03 04:05:07+00	\N		2026-01-01 10:00:00.5+00	{"provider": "email", "providers": ["email"]}	{}	\N	2024-02-03 04:05:06.789012+00	2024-02-03 04:05:06.789012+00	\N	\N	\N	f	\N	f
00000000-0000-0000-0000-000000000000	seven	authenticated	authenticated	seven@example.org	$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.	2024-02-03 04:05:07+00	\N		2026-01-01 10:00:00.5+00	{"provider": "email", "providers": ["email"]}	{}	\N	2024-02-03 04:05:06.789012+00	2024-02-03 04:05:06.789012+00	\N	\N	\N	f	\N	f
00000000-0000-0000-0000-000000000000	0b0b7f5e-0000-4000-8000-000000000008	authenticated	authenticated	broken@example.org	$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.	2024-02-03 04:05:07+00	\N		2026-01-01 10:00:00.5+00	{"provider": "email", "providers": ["email"]}	[1]	\N	2024-02-03 04:05:06.789012+00	2024-02-03 04:05:06.789012+00	\N	\N	\N	f	\N	f
00000000-0000-0000-0000-000000000000	0b0b7f5e-0000-4000-8000-000000000009	authenticated	authenticated	taken@example.org	$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.	2024-02-03 04:05:07+00	\N		2026-01-01 10:00:00.5+00	{"provider": "email", "providers": ["email"]}	{}	\N	2024-02-03 04:05:06.789012+00	2024-02-03 04:05:06.789012+00	\N	\N	\N	f	\N	f
00000000-0000-0000-0000-000000000000	0b0b7f5e-0000-4000-8000-000000000010	authenticated	authenticated			\N	\N		2026-01-01 10:00:00.5+00	{}	{}	\N	2024-02-03 04:05:06.789012+00	2024-02-03 04:05:06.789012+00	\N	\N	\N	f	\N	t
\.


--
-- Data for Name: identities; Type: TABLE DATA; Schema: auth; Owner: supabase_auth_admin
--

COPY "auth"."identities" ("provider_id", "user_id", "identity_data", "provider", "last_sign_in_at", "created_at", "updated_at", "id") FROM stdin;
0b0b7f5e-0000-4000-8000-000000000001	0b0b7f5e-0000-4000-8000-000000000001	{"sub": "0b0b7f5e-0000-4000-8000-000000000001", "email": "x@example.org", "note": ""}	email	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	1b0b7f5e-0000-4000-8000-000000000001
1098765432101	0b0b7f5e-0000-4000-8000-000000000001	{"sub": "1098765432101", "email": "x@example.org", "note": ""}	google	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	1b0b7f5e-0000-4000-8000-000000000002
0b0b7f5e-0000-4000-8000-000000000002	0b0b7f5e-0000-4000-8000-000000000002	{"sub": "0b0b7f5e-0000-4000-8000-000000000002", "email": "x@example.org", "note": ""}	email	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	1b0b7f5e-0000-4000-8000-000000000003
0b0b7f5e-0000-4000-8000-000000000003	0b0b7f5e-0000-4000-8000-000000000003	{"sub": "0b0b7f5e-0000-4000-8000-000000000003", "email": "x@example.org", "note": ""}	email	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	1b0b7f5e-0000-4000-8000-000000000004
0b0b7f5e-0000-4000-8000-000000000009	0b0b7f5e-0000-4000-8000-000000000009	{"sub": "0b0b7f5e-0000-4000-8000-000000000009", "email": "x@example.org", "note": "way of the taken"}	email	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	1b0b7f5e-0000-4000-8000-000000000009
\.


COPY "auth"."mfa_factors" ("id", "user_id", "friendly_name", "factor_type", "status", "created_at", "updated_at", "secret", "phone") FROM stdin;
2b0b7f5e-0000-4000-8000-000000000001	0b0b7f5e-0000-4000-8000-000000000003	phone app	totp	verified	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ	\N
2b0b7f5e-0000-4000-8000-000000000002	0b0b7f5e-0000-4000-8000-000000000002	half	totp	unverified	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	GEZDGNBVGY3TQOJQ	\N
2b0b7f5e-0000-4000-8000-000000000003	0b0b7f5e-0000-4000-8000-000000000002	sms	phone	verified	2024-02-03 04:05:06+00	2024-02-03 04:05:06+00	\N	\N
\.


COPY "auth"."audit_log_entries" ("id", "payload") FROM stdin;
1	{"action": "INSERT INTO auth.users (id) VALUES (1);"}
\.

SELECT pg_catalog.setval('"auth"."refresh_tokens_id_seq"', 12, true);

RESET ALL;
