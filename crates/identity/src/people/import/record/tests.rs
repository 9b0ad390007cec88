use super::*;

const ID: &str = "0b0b7f5e-0000-4000-8000-000000000001";

fn now() -> Timestamp {
    "2026-03-15T12:00:00Z".parse().unwrap()
}

fn read(fields: &[(&str, &str)]) -> Record {
    let mut columns: Columns =
        fields.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect();
    columns.entry("id".to_owned()).or_insert_with(|| Some(ID.to_owned()));
    user_read(&columns, PeopleOf::House, now()).unwrap()
}

#[test]
fn a_time_that_cannot_be_kept_refuses_no_user() {
    for odd in [
        "infinity",
        "-infinity",
        "0044-03-15 00:00:00+00 BC",
        "294276-01-01 00:00:00+00",
        "yesterday",
        "2026-02-30 00:00:00+00",
    ] {
        for name in ["created_at", "updated_at", "invited_at", "email_confirmed_at", "banned_until", "deleted_at"] {
            let record = read(&[("email", "ada@example.org"), (name, odd)]);
            assert_eq!(record.remarks.len(), 1, "{name} {odd}: {:?}", record.remarks);
            assert!(record.remarks[0].contains(name), "{:?}", record.remarks);
        }
    }
}

#[test]
fn what_locks_out_or_confirms_is_kept_with_an_odd_time() {
    for odd in ["infinity", "294276-01-01 00:00:00+00", "for ever"] {
        assert_eq!(read(&[("banned_until", odd)]).kept["banned_until"], "9999-12-30T00:00:00Z", "{odd}");
    }
    assert_eq!(read(&[("banned_until", "-infinity")]).kept["banned_until"], Value::Null);
    assert_eq!(read(&[("deleted_at", "infinity")]).kept["deleted_at"], "2026-03-15T12:00:00Z");
    let confirmed =
        [("email", "ada@example.org"), ("email_confirmed_at", "-infinity"), ("created_at", "2024-01-01 00:00:00+00")];
    assert_eq!(read(&confirmed).kept["email_confirmed_at"], "2024-01-01T00:00:00Z");
    let never = [("email", "ada@example.org"), ("email_confirmed_at", "yes")];
    assert_eq!(read(&never).kept["email_confirmed_at"], Value::Null);
    assert_eq!(read(&[("created_at", "2024-01-01 00:00:00")]).kept["created_at"], "2024-01-01T00:00:00Z");
}

#[test]
fn large_or_odd_metadata_refuses_no_user() {
    let large = json!({ "name": "Ada", "avatar": "x".repeat(9_000), "city": "London" }).to_string();
    let record = read(&[("raw_user_meta_data", &large)]);
    assert_eq!(record.kept["raw_user_meta_data"], json!({ "name": "Ada", "city": "London" }));
    assert_eq!(record.remarks, ["its raw_user_meta_data is larger than 4096 bytes: avatar left out"]);
    let record = read(&[("raw_user_meta_data", r#"{"na\u0000me":["A\u0000da"]}"#)]);
    assert_eq!(record.kept["raw_user_meta_data"], json!({ "name": ["Ada"] }));
    assert!(record.remarks[0].contains("NUL"), "{:?}", record.remarks);
    for odd in ["[1]", "{", "\"x\"", "1e999"] {
        let record = read(&[("raw_app_meta_data", odd)]);
        assert_eq!(record.kept["raw_app_meta_data"], json!({}), "{odd}");
        assert_eq!(record.remarks.len(), 1, "{odd}");
    }
}

#[test]
fn an_odd_address_refuses_no_user() {
    for (address, kept, remark) in [
        ("ada\u{200b}@example.org", json!("ada@example.org"), "cannot be seen"),
        ("\u{feff}Ada@Example.org", json!("ada@example.org"), "cannot be seen"),
        ("ada@example.org\u{a0}", json!("ada@example.org"), "cannot be seen"),
        ("A..b@example.org", json!("a..b@example.org"), "kept as it stands"),
        ("no address", json!(null), "has no address here"),
        ("@", json!(null), "has no address here"),
    ] {
        let record = read(&[("email", address), ("email_confirmed_at", "2024-01-01 00:00:00+00")]);
        assert_eq!(record.kept["email"], kept, "{address:?}");
        assert!(record.remarks.iter().any(|said| said.contains(remark)), "{address:?}: {:?}", record.remarks);
        assert_eq!(record.kept["email_confirmed_at"].is_null(), kept.is_null(), "{address:?}");
    }
    assert!(read(&[("email", "ada@example.org")]).remarks.is_empty());
}

#[test]
fn a_text_that_is_too_long_is_left_out() {
    let long = "x".repeat(300);
    for name in ["phone", "aud", "role"] {
        let record = read(&[(name, &long)]);
        assert!(record.remarks[0].contains(name), "{:?}", record.remarks);
    }
    assert_eq!(read(&[("is_anonymous", "perhaps")]).kept["is_anonymous"], false);
}
