use serde_json::json;

use super::*;

fn graph(inputs: serde_json::Value) -> Graph {
    serde_json::from_value(json!({ "inputs": inputs, "nodes": [] })).expect("the graph reads")
}

fn people() -> Graph {
    graph(json!([
        { "name": "name", "required": true }, { "name": "first_visit" }, { "name": "city", "default": "Berlin" }
    ]))
}

fn read(text: impl AsRef<[u8]>) -> ContactFile {
    contact_file_read(text.as_ref(), &[people()]).expect("it is a list of contacts")
}

fn refusal(text: impl AsRef<[u8]>) -> String {
    contact_file_read(text.as_ref(), &[people()]).expect_err("it is no list of contacts").to_string()
}

/// The bad rows: line, column, message.
fn told(file: &ContactFile) -> Vec<(u64, &str, &str)> {
    file.bad.iter().map(|bad| (bad.line, bad.column.as_deref().unwrap_or("-"), bad.message.as_str())).collect()
}

fn good(file: &ContactFile) -> Vec<(u64, &str, &str)> {
    file.good.iter().map(|row| (row.line, row.phone.as_deref().unwrap_or("-"), row.inputs["name"].as_str())).collect()
}

const NO_NUMBER: &str = "expected a number with + and its country code (E.164), such as +4930901820";

#[test]
fn a_plain_list_is_read() {
    let file = read("phone,name,city\n+4930901820,Ada,Köln\n+49 (30) 901-821, Bob ,\n");
    assert_eq!(good(&file), [(2, "+4930901820", "Ada"), (3, "+4930901821", "Bob")]);
    assert!(file.bad.is_empty());
    assert_eq!(file.good[0].inputs["city"], "Köln");
    assert!(!file.good[0].inputs.contains_key("phone"), "the workflow has no such input");
}

#[test]
fn what_spreadsheets_write_is_understood() {
    let expected = [(2, "+4930901820", "Ada, Countess"), (3, "+4930901821", "Bob")];
    for text in [
        "phone,name\r\n+4930901820,\"Ada, Countess\"\r\n+4930901821,Bob\r\n",
        "\u{FEFF}phone,name\n+4930901820,\"Ada, Countess\"\n+4930901821,Bob",
        "phone;name\n+4930901820;Ada, Countess\n+4930901821;Bob\n",
        "phone\tname\n+4930901820\tAda, Countess\n+4930901821\tBob\n",
        "Phone,NAME\n+4930901820,\"Ada, Countess\"\n+4930901821,Bob\n,\n",
        "phone,name\r+4930901820,\"Ada, Countess\"\r+4930901821,Bob\r",
    ] {
        let file = read(text);
        assert_eq!(good(&file), expected, "{text:?}");
        assert!(file.bad.is_empty(), "{text:?}: {:?}", file.bad);
    }
    let heading = read("First Visit,name\n2020,Ada\n");
    assert_eq!(heading.good[0].inputs["first_visit"], "2020");
}

#[test]
fn a_quoted_cell_may_hold_quotes_and_lines_and_lines_are_those_of_the_file() {
    let file = read("phone,name\n+4930901820,\"Ada \"\"the\nCountess\"\"\"\n\n030,Bob\n+4930901822,Cyd\n");
    assert_eq!(good(&file), [(2, "+4930901820", "Ada \"the\nCountess\""), (6, "+4930901822", "Cyd")]);
    assert_eq!(told(&file), [(5, "phone", NO_NUMBER)]);
}

#[test]
fn every_bad_row_is_told_with_its_line_and_column() {
    let long = "x".repeat(2_001);
    let rows: [(&[u8], (&str, &str)); 14] = [
        (b"030 901820,Ada,", ("phone", NO_NUMBER)),
        (b"+0301234567,Ada,", ("phone", NO_NUMBER)),
        (b"+49 30 9018 20 x5,Ada,", ("phone", NO_NUMBER)),
        (b"+1234567890123456,Ada,", ("phone", NO_NUMBER)),
        (b"sip:ada@example.test,Ada,", ("phone", NO_NUMBER)),
        (b"4.93E+11,Ada,", ("phone", NO_NUMBER)),
        (b",Ada,", ("phone", "is missing")),
        (b"+4930901820,,", ("name", "the input 'name' is required")),
        (b"+4930901820,Ada", ("-", "the row has 2 cells, the header 3")),
        (b"+4930901820,Ada,Berlin,more", ("-", "the row has 4 cells, the header 3")),
        (b"+4930901820,A\xE4a,", ("name", "is not UTF-8")),
        (b"+4930901820,A\0a,", ("name", "holds the character NUL")),
        (long.as_bytes(), ("-", "the row has 1 cells, the header 3")),
        (b"+4930901820,\"Ada,\nBob", ("-", "a quotation mark opens a cell, and none closes it")),
    ];
    for (row, (column, message)) in rows {
        let text = [b"phone,name,city\n+4930901899,Zoe,\n".as_slice(), row, b"\n"].concat();
        let file = read(&text);
        assert_eq!(told(&file), [(3, column, message)], "{:?}", String::from_utf8_lossy(row));
        assert_eq!(good(&file), [(2, "+4930901899", "Zoe")]);
    }
    let file = read(format!("phone,name\n+4930901820,{long}\n"));
    assert_eq!(told(&file), [(2, "name", "the input 'name' is longer than 2000 characters")]);
}

#[test]
fn a_number_is_called_once_however_it_is_written() {
    let file = read("phone,name\n+4930901820,Ada\n+4930901821,Bob\n+49 30 901820,Cyd\n+49(30)901-821,Dan\n");
    assert_eq!(good(&file).len(), 2);
    let again = [(4, "phone", "the number of line 2 once more"), (5, "phone", "the number of line 3 once more")];
    assert_eq!(told(&file), again);
    // Without numbers nobody can say who is who.
    assert_eq!(good(&read("name\nAda\nAda\n")).len(), 2);
}

#[test]
fn a_refused_row_does_not_take_its_number() {
    let file = read("phone,name\n+4930901820,\n+4930901820,Ada\n");
    assert_eq!(good(&file), [(3, "+4930901820", "Ada")]);
}

#[test]
fn a_workflow_that_asks_for_the_phone_gets_the_number_as_it_is_dialled() {
    let graph = graph(json!([{ "name": "phone", "required": true }]));
    let file = contact_file_read(b"phone\n+49 30 901820\n", &[graph]).expect("it is a list");
    assert_eq!(file.good[0].inputs["phone"], "+4930901820");
}

#[test]
fn what_is_no_list_for_the_workflow_is_refused_as_a_whole() {
    for (text, expected) in [
        ("", "empty"),
        ("\n\n", "empty"),
        ("phone,name,\n", "column 3 of the header has no name"),
        ("phone,name,phone\n", "two columns are called 'phone'"),
        ("phone,first-visit,First Visit,name\n", "two columns are called 'first_visit'"),
        ("phone,name,age\n", "no input 'age'; the columns can be: phone, name, first_visit, city"),
        ("+4930901820,Ada\n", "no input '+4930901820'"),
        ("phone,city\n", "no column for the input 'name'"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(expected), "{text:?}: {refusal}");
    }
    assert!(refusal(b"\xFF\xFEp\0h\0o\0n\0e\0").contains("UTF-16"));
    assert!(refusal(b"phone,n\xE4me\n").contains("header is not UTF-8"));
}

#[test]
fn a_file_holds_ten_thousand_rows_and_not_one_more() {
    let rows = |count: usize| {
        let rows: Vec<String> = (0..count).map(|row| format!("+49309{row:06},Ada")).collect();
        format!("phone,name\n{}\n\n,\n", rows.join("\n"))
    };
    assert_eq!(read(rows(ROWS_MAX)).good.len(), ROWS_MAX);
    assert!(refusal(rows(ROWS_MAX + 1)).contains("more than 10000 contacts"));
}

#[test]
fn rows_have_to_be_good_for_every_version_of_a_split() {
    let other = graph(json!([{ "name": "name" }, { "name": "street", "required": true }]));
    let graphs = [people(), other];
    let file = contact_file_read(b"name,street,city\nAda,Main,Ulm\nBob,,Ulm\n", &graphs).expect("it is a list");
    assert_eq!(told(&file), [(3, "street", "the input 'street' is required")]);
    assert_eq!(inputs_of(&graphs[1], &file.good[0].inputs).len(), 2);
    let missing = contact_file_read(b"name\nAda\n", &graphs).expect_err("a version needs another column");
    assert!(missing.to_string().contains("'street'"), "{missing}");
}

proptest::proptest! {
    /// Whatever is sent, every row is either good or bad, and nothing breaks.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(
        proptest::prop_oneof![
            proptest::sample::select(&b"\",;\n\r\t +0123456789a\xC3\xA4\0"[..]), proptest::num::u8::ANY
        ],
        0..200,
    )) {
        let text = [b"phone,name\n".as_slice(), &bytes].concat();
        if let Ok(file) = contact_file_read(&text, &[people()]) {
            proptest::prop_assert!(file.good.iter().all(|row| row.line > 1 && !row.inputs["name"].is_empty()));
            proptest::prop_assert!(file.bad.iter().all(|row| row.line > 1));
        }
    }
}
