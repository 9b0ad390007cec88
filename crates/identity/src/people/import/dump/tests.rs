use super::*;

fn read(dump: &str) -> Vec<Result<Found, String>> {
    let mut reader = DumpReader::new(dump.as_bytes());
    let mut all = Vec::new();
    loop {
        match reader.next_row() {
            Ok(Some(found)) => all.push(Ok(found)),
            Ok(None) => return all,
            Err(error) => all.push(Err(error.to_string())),
        }
    }
}

fn value(found: &Found, name: &str) -> Option<String> {
    found.columns.get(name).cloned().flatten()
}

#[test]
fn rows_of_a_copy_are_read() {
    let dump = "SET statement_timeout = 0;\n\\restrict abc\n--\n-- Data for Name: users\n--\n\n\
        COPY auth.users (id, email, raw_user_meta_data, phone) FROM stdin;\n\
        1\ta@x.org\t{\"full_name\": \"A\\\\tB\"}\t\\N\n\
        2\tb\\tc\\n@x.org\t{}\t\n\
        \\.\n\n\
        COPY \"auth\".\"identities\" (\"provider_id\", \"user_id\") FROM stdin;\n1\t1\n\\.\n";
    let all: Vec<Found> = read(dump).into_iter().map(Result::unwrap).collect();
    assert_eq!(all.len(), 3);
    assert_eq!((all[0].table, all[0].line), (Table::Users, Some(8)));
    assert_eq!(value(&all[0], "raw_user_meta_data").unwrap(), r#"{"full_name": "A\tB"}"#);
    assert_eq!((value(&all[0], "phone"), value(&all[1], "phone")), (None, Some(String::new())));
    assert_eq!(value(&all[1], "email").unwrap(), "b\tc\n@x.org");
    assert_eq!(all[2].table, Table::Identities);
}

#[test]
fn rows_of_an_insert_are_read() {
    let dump = "INSERT INTO \"auth\".\"users\" (\"id\", \"email\", \"data\", \"is_anonymous\", \"at\") VALUES\n\
        \t('1', 'o''brien@x.org', '{\"a\": \"x; y\\n\n(\"}', false, '2024-01-01'::timestamp with time zone),\n\
        \t('2', NULL, E'a\\'b\\\\', true, null::character varying(255));\n\
        insert into auth.users (id) values (3) on conflict do nothing;";
    let all: Vec<Found> = read(dump).into_iter().map(Result::unwrap).collect();
    assert_eq!(all.len(), 3);
    assert_eq!(value(&all[0], "email").unwrap(), "o'brien@x.org");
    assert_eq!(value(&all[0], "data").unwrap(), "{\"a\": \"x; y\\n\n(\"}");
    assert_eq!(value(&all[0], "at").unwrap(), "2024-01-01");
    assert_eq!((value(&all[1], "email"), value(&all[1], "data").unwrap()), (None, "a'b\\".to_owned()));
    assert_eq!((value(&all[1], "is_anonymous").unwrap(), value(&all[1], "at")), ("true".to_owned(), None));
    assert_eq!(all[2].line, Some(5));
}

#[test]
fn what_only_looks_like_people_is_passed_by() {
    let hidden = "INSERT INTO auth.users (id) VALUES (1);\nCOPY auth.users (id) FROM stdin;\n1\n";
    let row = hidden.trim_end().replace('\n', "\\n");
    for dump in [
        format!("COPY public.notes (body) FROM stdin;\n{row}\n\\.\n"),
        format!("COPY public.notes (body) FROM stdin;\n{hidden}\\.\n"),
        format!("INSERT INTO public.notes (body) VALUES ('x\n{hidden}');"),
        format!("INSERT INTO public.notes (body) VALUES (E'x\\'\n{hidden}');"),
        format!("INSERT INTO public.\"a\n{hidden}\" (body) VALUES (1);"),
        format!("CREATE FUNCTION f() RETURNS void AS $$\n{hidden}$$;"),
        format!("CREATE FUNCTION f() RETURNS void AS $body$\n$$\n{hidden}$body$;"),
        format!("/* x /* y */\n{hidden}*/"),
        "-- INSERT INTO auth.users (id) VALUES (1);\n".to_owned(),
        "INSERT INTO public.users (id) VALUES (1);".to_owned(),
        "INSERT INTO users (id) VALUES (1);".to_owned(),
        "COPY (select 1) TO stdout;\nINSERT INTO auth.usersx (id) VALUES (1);".to_owned(),
        format!("INSERT INTO public.notes (a, b) VALUES ('{}', '\n{hidden}');", "y".repeat(500)),
        format!("INSERT INTO public.notes (a, b) VALUES ('{}',\nE'\\'\n{hidden}');", "y".repeat(500)),
    ] {
        assert!(read(&dump).is_empty(), "{dump}");
    }
}

#[test]
fn what_cannot_be_read_is_said_with_its_line() {
    let wrong = |dump: &str| read(dump).into_iter().map(|row| row.map(drop)).collect::<Vec<_>>();
    let said = |line: u64, reason: &str| Err(format!("line {line} of the dump: {reason}"));
    assert_eq!(
        wrong("\nINSERT INTO auth.users VALUES (1);\nINSERT INTO auth.users (id) VALUES (1);"),
        [said(2, "the INSERT does not name its columns. Dump with --column-inserts"), Ok(())]
    );
    assert_eq!(
        wrong("INSERT INTO auth.users (id) VALUES (now());"),
        [said(1, "the values of the INSERT could not be read")]
    );
    assert_eq!(
        wrong("COPY auth.users (id, email) FROM stdin;\n1\n2\tx\\\n3\tx\n"),
        [
            said(2, "the row has another number of columns than its COPY names"),
            said(3, "a value ends in a backslash"),
            Ok(()),
            said(4, "it ends in the middle of something"),
        ]
    );
    assert_eq!(
        wrong("COPY auth.users FROM stdin;\n1\tINSERT INTO auth.users (id) VALUES (1);\n\\.\n"),
        [said(1, "the COPY is not as pg_dump writes one, so its rows are skipped")]
    );
    assert_eq!(wrong("INSERT INTO auth.users (id) VALUES ('"), [said(1, "it ends in the middle of something")]);
}

#[test]
fn rows_that_do_not_name_their_columns_have_those_of_the_table_that_the_dump_creates() {
    let created = "CREATE TABLE auth.users (\n    id uuid NOT NULL,\n    email character varying(255) DEFAULT 'a, b)'::text,\n    \
        price numeric(10, 2),\n    \"check\" text,\n    CONSTRAINT users_check CHECK ((id IS NOT NULL))\n);\n";
    let rows = "INSERT INTO auth.users VALUES ('1', 'a@x.org', 1.5, NULL);\nCOPY auth.users FROM stdin;\n2\tb@x.org\t2\tx\n\\.\n";
    let all: Vec<Found> = read(&format!("{created}{rows}")).into_iter().map(Result::unwrap).collect();
    assert_eq!((value(&all[0], "email"), value(&all[0], "check")), (Some("a@x.org".to_owned()), None));
    assert_eq!((value(&all[1], "id"), value(&all[1], "check")), (Some("2".to_owned()), Some("x".to_owned())));
}

#[test]
fn a_dump_in_another_encoding_is_read_by_what_it_says() {
    let dump = b"SET client_encoding = 'LATIN1';\nCOPY auth.users (id, email) FROM stdin;\n1\tj\xfcrgen@x.org\n\\.\n";
    let mut reader = DumpReader::new(&dump[..]);
    let found = reader.next_row().unwrap().unwrap();
    assert_eq!((value(&found, "email").unwrap().as_str(), found.replaced), ("jürgen@x.org", false));
    let mut reader = DumpReader::new(&dump[dump.iter().position(|byte| *byte == b'\n').unwrap()..]);
    let found = reader.next_row().unwrap().unwrap();
    assert_eq!((value(&found, "email").unwrap().as_str(), found.replaced), ("j\u{fffd}rgen@x.org", true));
}

#[test]
fn a_dump_without_users_says_what_it_has() {
    let said = |dump: &str| {
        let mut reader = DumpReader::new(dump.as_bytes());
        while let Some(_found) = reader.next_row().unwrap() {}
        reader.without_users().to_string()
    };
    assert!(said("Dear Ada,\nthank you.\n").contains("without any SQL statement"));
    let todos = "SET x = 1;\nCOPY public.todos (id) FROM stdin;\n1\n\\.\nINSERT INTO public.notes (id) VALUES (1);\n";
    assert!(said(todos).contains("it has rows of public.notes, public.todos. Create an SQL dump"), "{}", said(todos));
    let long = format!("INSERT INTO public.notes (id) VALUES ('{}');\n", "x".repeat(500));
    assert!(said(&long).contains("it has rows of public.notes"), "{}", said(&long));
    assert!(said("CREATE TABLE auth.users (id uuid);\n").contains("none of its rows"));
    assert!(said("CREATE TABLE public.x (id uuid);\n").contains("without rows of auth.users. Create an SQL dump"));
}

proptest::proptest! {
    #[test]
    fn no_dump_panics(text in "(INSERT INTO auth.users \\(id\\) VALUES |COPY auth.users \\(id\\) FROM stdin;\n|)[-'\"$\\\\(),;:E*/ a1\n\t]{0,80}") {
        read(&text);
    }

    #[test]
    fn a_line_has_one_end(text in "[\r\n]{1,4}") {
        let dump = format!("INSERT INTO auth.users (id, email) VALUES ('1', 'a{text}b');\n");
        let all = read(&dump);
        let kept = format!("a{}b", text.replace("\r\n", "\n"));
        proptest::prop_assert_eq!(value(all[0].as_ref().unwrap(), "email").unwrap_or_default(), kept);
    }

    /// Any text that an `INSERT` can hold is read as Postgres would read it.
    #[test]
    fn any_text_survives(text in "[^\u{0}]{0,60}") {
        let dump = format!("INSERT INTO auth.users (id, email) VALUES ('1', '{}');\n", text.replace('\'', "''"));
        let all = read(&dump);
        // The reader normalizes line ends.
        let kept = text.replace("\r\n", "\n");
        proptest::prop_assert_eq!(value(all[0].as_ref().unwrap(), "email").unwrap_or_default(), kept);
    }
}
