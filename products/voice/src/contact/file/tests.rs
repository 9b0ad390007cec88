use serde_json::json;

use super::*;
use crate::contact::{
    columns::Mapping,
    table::{Hints, ROWS_MAX, table_read},
};

fn graph(inputs: serde_json::Value) -> Graph {
    serde_json::from_value(json!({ "inputs": inputs, "nodes": [] })).expect("the graph reads")
}

fn people() -> Graph {
    graph(json!([
        { "name": "name", "required": true }, { "name": "first_visit" }, { "name": "city", "default": "Berlin" }
    ]))
}

fn read_with(bytes: &[u8], graphs: &[Graph], options: &ListOptions) -> Result<ContactFile> {
    contact_file_read(&table_read(bytes, Hints::default())?, graphs, options)
}

fn read_for(bytes: &[u8], graphs: &[Graph]) -> Result<ContactFile> {
    read_with(bytes, graphs, &ListOptions::default())
}

fn read(text: impl AsRef<[u8]>) -> ContactFile {
    read_for(text.as_ref(), &[people()]).expect("it is a list of contacts")
}

fn refusal(text: impl AsRef<[u8]>) -> String {
    read_for(text.as_ref(), &[people()]).expect_err("it is no list of contacts").to_string()
}

/// Options that ignore unknown columns and use this mapping.
fn loose(mapping: &str) -> ListOptions {
    let mapping = Mapping::read("?mapping", mapping).expect("it is a mapping");
    ListOptions { columns: ColumnOptions { mapping, ignore_unknown: true }, ..ListOptions::default() }
}

/// The bad rows: line, column, message.
fn told(file: &ContactFile) -> Vec<(u64, &str, &str)> {
    file.bad.iter().map(|bad| (bad.line, bad.column.as_deref().unwrap_or("-"), bad.message.as_str())).collect()
}

fn good(file: &ContactFile) -> Vec<(u64, &str, &str)> {
    file.good.iter().map(|row| (row.line, row.phone.as_deref().unwrap_or("-"), row.inputs["name"].as_str())).collect()
}

const NO_NUMBER: &str = "expected a number with + and its country code (E.164), such as +4930901820; name the country of numbers \
                         without one as `default_country`";

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
    let heading = read("First-Visit,name\n2020,Ada\n");
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
    let rows: [(&[u8], (&str, &str)); 13] = [
        (b"030 901820,Ada,", ("phone", NO_NUMBER)),
        (
            b"+0301234567,Ada,",
            ("phone", "begins with a country code that does not exist; check the digits behind the +"),
        ),
        (
            b"+49 30 9018 20 x5,Ada,",
            ("phone", "contains the extension 5, which cannot be dialled. Remove it to call +4930901820"),
        ),
        (b"+1234567890123456,Ada,", ("phone", "is too long for a number of +1")),
        (b"sip:ada@example.test,Ada,", ("phone", "contains '@' (U+0040), which is no part of a telephone number")),
        (b",Ada,", ("phone", "is missing")),
        (b"+4930901820,,", ("name", "the input 'name' is required")),
        (b"+4930901820", ("-", "the row has 1 cells, the header 3")),
        (b"+4930901820,Ada,Berlin,more", ("-", "the row has 4 cells, the header 3")),
        (b"+4930901820,A\0a,", ("name", "contains the character NUL")),
        (b"+4930901820,#REF!,", ("name", "contains '#REF!', which is a spreadsheet's error value")),
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
    let again = [(4, "phone", "repeats the number of line 2"), (5, "phone", "repeats the number of line 3")];
    assert_eq!(told(&file), again);
    // Without numbers, duplicates cannot be detected.
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
    let file = read_for(b"phone\n+49 30 901820\n", &[graph]).expect("it is a list");
    assert_eq!(file.good[0].inputs["phone"], "+4930901820");
}

#[test]
fn what_is_no_list_for_the_workflow_is_refused_as_a_whole() {
    for (text, expected) in [
        ("", "empty"),
        ("\n\n", "empty"),
        ("phone,name,\n+4930901820,Ada,x\n", "column 3 of the header has no name, and line 2 has a value there"),
        ("phone,name,phone\n", "two columns are called 'phone'"),
        ("phone,first-visit,First Visit,name\n", "two columns are called 'first_visit'"),
        ("phone,name,age\n", "no input 'age'; the columns can be: phone, name, first_visit, city"),
        ("phone,name,age,x,y\n", "'age' (and 2 more columns)"),
        ("phone,name,age\n", "ignore_unknown=true"),
        ("+4930901820,Ada\n", "no input '+4930901820'"),
        ("+4930901820,Ada\n", "The first line of the file must name the columns"),
        ("phone,city\n", "no column for the input 'name'"),
        ("phone,city\n", "the columns are: 'phone', 'city'"),
        ("phone,name\n", "no contacts below it"),
        ("phone,name\n\n,\n", "no contacts below it"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(expected), "{text:?}: {refusal}");
    }
}

#[test]
fn columns_are_found_by_the_names_that_crms_give_them() {
    let (phone, name) = ("+4930901820", "Ada Lovelace");
    for header in [
        "Phone Number,Full Name",
        "Mobile Phone,Contact Name",
        "Phone 1 - Value,Name",
        "TELEFON,Name",
        "Téléphone,Nom complet",
        "Teléfono móvil,Nombre completo",
        "電話番号,氏名",
        "Ph\u{200b}one,\u{feff}Name",
    ] {
        let file = read(format!("{header}\n{phone},{name}\n"));
        assert_eq!(good(&file), [(2, phone, name)], "{header}");
    }
    let file = read("First Name,Last Name,Phone\nAda,Lovelace,+4930901820\nBob,,+4930901821\n");
    assert_eq!(good(&file), [(2, "+4930901820", "Ada Lovelace"), (3, "+4930901821", "Bob")]);
    // Of several numbers the most likely one is called, and the next one where it is empty; never a fax number.
    let text = "Name,Home Phone,Mobile Phone,Fax\nAda,+4930901820,+491701234567,+4930901829\nBob,+4930901821,,\n";
    let file = read_with(text.as_bytes(), &[people()], &loose("{}")).expect("it is a list");
    assert_eq!(good(&file), [(2, "+491701234567", "Ada"), (3, "+4930901821", "Bob")]);
}

#[test]
fn columns_are_what_the_sender_says() {
    let text = "Who,Nick,Line,Other\nAda,Countess,+4930901820,x\n";
    let mapping = r#"{"phone": "line", "name": ["Who", "Nick"]}"#;
    let file = read_with(text.as_bytes(), &[people()], &loose(mapping)).expect("it is a list");
    assert_eq!(good(&file), [(2, "+4930901820", "Ada Countess")]);
    let fields: Vec<Option<String>> = file.columns.described().into_iter().map(|column| column.field).collect();
    assert_eq!(fields, [Some("name".into()), Some("name".into()), Some("phone".into()), None]);
    for (mapping, said) in [
        (r#"{"phone": "Fon"}"#, "names the column 'Fon', which the file does not have; its columns are: 'Who'"),
        (r#"{"fon": "Line"}"#, "names the unknown field 'fon'; the fields are: phone, name"),
        (r#"{"phone": "Line"}"#, "no column for the input 'name'"),
    ] {
        let refused = read_with(text.as_bytes(), &[people()], &loose(mapping)).expect_err(mapping).to_string();
        assert!(refused.contains(said), "{refused}");
    }
    for mapping in ["", "phone", "[]", "{\"phone\": 1}", "{\"phone\": []}"] {
        assert!(Mapping::read("?mapping", mapping).is_err(), "{mapping}");
    }
}

#[test]
fn columns_that_mean_nothing_are_left_out_on_request() {
    let text = "phone,name,age,,\n+4930901820,Ada,36,,\n";
    let file = read_with(text.as_bytes(), &[people()], &loose("{}")).expect("it is a list");
    assert_eq!(good(&file), [(2, "+4930901820", "Ada")]);
    assert_eq!(crate::contact::import::ignored(&file.columns.described()), ["age"]);
    // Columns without a name and without values are ignored.
    assert_eq!(good(&read("phone,name,,\n+4930901820,Ada,,\n+4930901821,Bob\n")).len(), 2);
    let nothing = read_with(b"a,b\n1,2\n", &[graph(json!([]))], &loose("{}")).expect_err("no column is known");
    assert!(nothing.to_string().contains("no column is known; the columns are: 'a', 'b'"), "{nothing}");
}

#[test]
fn a_number_without_a_country_code_is_of_the_country_of_its_row() {
    let options = ListOptions { country: Country::find("DE"), ..ListOptions::default() };
    let text = "phone,country,name\n030 901820,,Ada\n(415) 555-0132,USA,Bob\n01 42 68 53 00,Frankreich,Cyd\n030 901821,Narnia,Dan\n\
                +4930901822,Narnia,Eve\n";
    let file = read_with(text.as_bytes(), &[people()], &options).expect("it is a list");
    let numbers: Vec<_> = good(&file).into_iter().map(|(_, phone, _)| phone).collect();
    assert_eq!(numbers, ["+4930901820", "+14155550132", "+33142685300", "+4930901821", "+4930901822"]);
    let file = read("phone,country,name\n030 901821,Narnia,Dan\n");
    assert!(told(&file)[0].2.starts_with("'Narnia' is no country"), "{:?}", file.bad);
    assert_eq!(told(&file)[0].1, "country");
}

#[test]
fn a_contact_has_the_time_zone_of_its_row_or_of_its_number() {
    let text = "phone,Time Zone,name\n+4930901820,,Ada\n+4930901821,america/new york,Bob\n+18003569377,,Cyd\n\
                +12125550132,,Dan\n+4930901822,europe_slash_vienna,Eve\n+4930901823,Mars,Fay\n";
    let file = read(text);
    let zones: Vec<_> = file.good.iter().map(|row| row.time_zone.as_deref()).collect();
    let zones_expected =
        [Some("Europe/Berlin"), Some("America/New_York"), None, Some("America/New_York"), Some("Europe/Vienna")];
    assert_eq!(zones, zones_expected);
    let message = "'Mars' is no time zone; expected an IANA name, such as Europe/Berlin or America/New_York";
    assert_eq!(told(&file), [(7, "Time Zone", message)]);
}

#[test]
fn what_cannot_be_seen_is_removed_from_values() {
    let file = read("phone,name\n\u{202a}+49\u{a0}30 901820\u{202c},Ada\u{200b}\u{ad} Love\u{2060}lace\n");
    assert_eq!(good(&file), [(2, "+4930901820", "Ada Lovelace")]);
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
    let file = read_for(b"name,street,city\nAda,Main,Ulm\nBob,,Ulm\n", &graphs).expect("it is a list");
    assert_eq!(told(&file), [(3, "street", "the input 'street' is required")]);
    assert_eq!(inputs_of(&graphs[1], &file.good[0].inputs).len(), 2);
    let missing = read_for(b"name\nAda\n", &graphs).expect_err("a version needs another column");
    assert!(missing.to_string().contains("'street'"), "{missing}");
}

proptest::proptest! {
    /// For any input, every row is either good or bad, and nothing panics.
    #[test]
    fn any_bytes_are_read_or_refused(
        begin in proptest::sample::select(vec![
            &b"phone,name\n"[..], b"", b"sep=;\nphone;name\n", b"\xff\xfep\0h\0o\0n\0e\0,\0n\0a\0m\0e\0\n\0", b"PK\x03\x04", b"\xef\xbb\xbf",
        ]),
        bytes in proptest::collection::vec(
            proptest::prop_oneof![
                proptest::sample::select(&b"\",;\n\r\t +0123456789a\xC3\xA4\0"[..]), proptest::num::u8::ANY
            ],
            0..200,
        ),
    ) {
        let text = [begin, &bytes].concat();
        if let Ok(file) = read_with(&text, &[people()], &loose("{}")) {
            proptest::prop_assert!(file.good.iter().all(|row| row.line > 1 && !row.inputs["name"].is_empty()));
            proptest::prop_assert!(file.bad.iter().all(|row| row.line > 1));
        }
    }
}
