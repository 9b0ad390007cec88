//! Contact lists in the formats of spreadsheet programs and CRMs. The people in them are invented.

use serde_json::{Value, json};

use super::Scene;
use crate::{harness::app::Ask, workflow};

/// A list, and the expected result.
struct List {
    file: &'static str,
    bytes: &'static [u8],
    /// Content type that its program sends.
    kind: &'static str,
    query: &'static str,
    /// Encoding or type, separator or sheet.
    format: (&'static str, &'static str),
    /// Line, number, time zone, name, company or city.
    contacts: &'static [(i64, &'static str, &'static str, &'static str, &'static str)],
    /// Line, column, and a part of the message.
    refused: &'static [(i64, &'static str, &'static str)],
    ignored: &'static [&'static str],
}

macro_rules! bytes {
    ($file:literal) => {
        include_bytes!(concat!("spreadsheets/", $file))
    };
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const LISTS: &[List] = &[
    List {
        file: "hubspot.csv",
        bytes: bytes!("hubspot.csv"),
        kind: "text/csv",
        query: "ignore_unknown=true",
        format: ("UTF-8", ","),
        contacts: &[
            (2, "+4930901820", "Europe/Berlin", "Ada Lovelace", "Engines GmbH"),
            (3, "+14155550132", "America/Los_Angeles", "Bob Reyes", "Bay Ltd"),
        ],
        refused: &[
            (4, "Phone Number", "contains the extension 5, which cannot be dialled. Remove it to call +442079460018"),
            (5, "Mobile Phone Number", "is missing"),
        ],
        ignored: &["Record ID - Contact", "Email", "Contact owner", "Lead Status", "Last Activity Date (GMT+1)"],
    },
    List {
        file: "google-contacts.csv",
        bytes: bytes!("google-contacts.csv"),
        kind: "text/csv; charset=utf-8",
        query: "ignore_unknown=true",
        format: ("UTF-8", ","),
        contacts: &[
            (2, "+491701234567", "Europe/Berlin", "Ada Lovelace", "Engines GmbH"),
            (5, "+14155550132", "America/Los_Angeles", "Bob Reyes", ""),
        ],
        refused: &[(6, "Phone 1 - Value", "more than one number; send one")],
        ignored: &[
            "Middle Name",
            "Phonetic First Name",
            "Nickname",
            "File As",
            "Organization Title",
            "Birthday",
            "Notes",
            "Photo",
            "Labels",
            "E-mail 1 - Label",
            "E-mail 1 - Value",
            "Phone 1 - Label",
            "Phone 2 - Label",
            "Address 1 - Label",
            "Address 1 - Formatted",
        ],
    },
    List {
        file: "outlook.csv",
        bytes: bytes!("outlook.csv"),
        kind: "application/vnd.ms-excel",
        query: "ignore_unknown=true",
        format: ("windows-1252", ","),
        contacts: &[
            (2, "+4930901820", "Europe/Berlin", "Jürgen Groß", "Müller & Co."),
            (3, "+33142685300", "Europe/Paris", "Zoë François", "Café Noël"),
        ],
        refused: &[],
        ignored: &["Middle Name", "Title", "Business Fax", "E-mail Address", "Notes"],
    },
    List {
        file: "salesforce.csv",
        bytes: bytes!("salesforce.csv"),
        kind: "text/csv",
        query: "ignore_unknown=true",
        format: ("UTF-8", ","),
        contacts: &[
            (2, "+4930901820", "Europe/Berlin", "Ada Lovelace", "Engines GmbH"),
            (3, "+18003569377", "", "Bob Reyes", "Bay Ltd"),
        ],
        refused: &[(7, "", "the row has 1 cells, the header 11"), (8, "", "the row has 1 cells, the header 11")],
        ignored: &["Salutation", "Title", "Mailing State/Province", "Lead Source"],
    },
    List {
        file: "excel-german.csv",
        bytes: bytes!("excel-german.csv"),
        kind: "application/vnd.ms-excel",
        query: "default_country=DE",
        format: ("windows-1252", ";"),
        contacts: &[
            (2, "+4930901820", "Europe/Berlin", "Jürgen Groß", "Köln"),
            (4, "+491701234567", "Europe/Berlin", "Björn", "Malmö"),
        ],
        refused: &[(
            3,
            "Telefon",
            "was changed to 4,93091E+11 by a spreadsheet, which loses digits. Format the column as text",
        )],
        ignored: &[],
    },
    List {
        file: "excel-sep.csv",
        bytes: bytes!("excel-sep.csv"),
        kind: "text/csv",
        query: "",
        format: ("UTF-8", ";"),
        contacts: &[
            (3, "+4930901820", "Europe/Berlin", "Ada Lovelace", "Engines GmbH"),
            (4, "+4930901821", "Europe/Berlin", "Bob; the builder", ""),
        ],
        refused: &[],
        ignored: &[],
    },
    List {
        file: "excel-unicode.txt",
        bytes: bytes!("excel-unicode.txt"),
        kind: "text/plain",
        query: "",
        format: ("UTF-16LE", "\t"),
        contacts: &[
            (2, "+4930901820", "Europe/Berlin", "山田太郎", "Köln"),
            (3, "+4930901821", "Europe/Berlin", "Łukasz \"Luki\" Wójcik", "Łódź"),
        ],
        refused: &[],
        ignored: &[],
    },
    List {
        file: "excel.xlsx",
        bytes: bytes!("excel.xlsx"),
        kind: XLSX,
        query: "default_country=de&ignore_unknown=true",
        format: ("xlsx", "Kontakte"),
        contacts: &[
            (2, "+4930901820", "Europe/Berlin", "Jürgen Groß", "Müller & Co."),
            (3, "+33142685300", "Europe/Paris", "Zoë François", "Café Noël"),
            (5, "+491701234567", "Europe/Berlin", "Björn Ek", ""),
        ],
        refused: &[],
        ignored: &["Kunde seit", "Umsatz"],
    },
    List {
        file: "numbers.xlsx",
        bytes: bytes!("numbers.xlsx"),
        kind: "application/octet-stream",
        query: "default_country=US",
        format: ("xlsx", "Contacts - Table 1"),
        contacts: &[
            (2, "+491701234567", "Europe/Berlin", "Ada Lovelace", "Berlin"),
            (3, "+14155550132", "America/Los_Angeles", "Bob Reyes", "San Francisco"),
        ],
        refused: &[],
        ignored: &[],
    },
    List {
        file: "libreoffice.csv",
        bytes: bytes!("libreoffice.csv"),
        kind: "text/csv",
        query: "",
        format: ("UTF-8", ","),
        contacts: &[
            (2, "+4930901820", "Europe/Berlin", "Ada Lovelace", "Berlin"),
            (3, "+14155550132", "America/Los_Angeles", "Bob Reyes", "San Francisco"),
            (4, "+442079460018", "Europe/London", "Cyd Okafor", "London"),
        ],
        refused: &[(5, "Phone", "contains '#REF!', which is a spreadsheet's error value")],
        ignored: &[],
    },
    List {
        file: "excel-mac.csv",
        bytes: bytes!("excel-mac.csv"),
        kind: "text/csv",
        query: "encoding=macintosh",
        format: ("macintosh", ","),
        contacts: &[
            (2, "+4930901820", "Europe/Berlin", "Jürgen", "Köln"),
            (3, "+33142685300", "Europe/Paris", "Zoë", "Paris"),
        ],
        refused: &[],
        ignored: &[],
    },
    List {
        file: "poland.csv",
        bytes: bytes!("poland.csv"),
        kind: "text/csv",
        query: "default_country=PL",
        format: ("windows-1250", ";"),
        contacts: &[
            (2, "+48221234567", "Europe/Warsaw", "Grażyna Wiśniewska", "Łódź"),
            (3, "+48601234567", "Europe/Warsaw", "Łukasz Wójcik", "Kraków"),
        ],
        refused: &[],
        ignored: &[],
    },
    List {
        file: "japan.csv",
        bytes: bytes!("japan.csv"),
        kind: "text/csv",
        query: "default_country=JP",
        format: ("Shift_JIS", ","),
        contacts: &[
            (2, "+81312345678", "Asia/Tokyo", "山田太郎", "千代田区"),
            (3, "+819012345678", "Asia/Tokyo", "佐藤花子", "大阪市"),
        ],
        refused: &[],
        ignored: &[],
    },
    List {
        file: "russia.csv",
        bytes: bytes!("russia.csv"),
        kind: "text/csv",
        query: "default_country=RU",
        format: ("windows-1251", ";"),
        contacts: &[
            (2, "+74951234567", "Europe/Moscow", "Анна Каренина", "Москва"),
            (3, "+78121234567", "Europe/Moscow", "Пётр Безухов", "Санкт-Петербург"),
        ],
        refused: &[],
        ignored: &[],
    },
    List {
        file: "database.txt",
        bytes: bytes!("database.txt"),
        kind: "application/csv",
        query: "default_country=DE&ignore_unknown=true",
        format: ("UTF-8", "|"),
        contacts: &[
            (2, "+4930901820", "Europe/Berlin", "Ada", "Berlin"),
            (3, "+12125550132", "America/New_York", "Bob", "New York"),
        ],
        refused: &[(4, "phone", "repeats the number of line 2")],
        ignored: &["id", "created_at"],
    },
];

impl Scene {
    /// A campaign of a workflow that requires a name, and can use a company or a city.
    async fn of_names(&self) -> String {
        let mut graph = crate::graph();
        graph["inputs"] = json!([{ "name": "name", "required": true }, { "name": "company" }, { "name": "city" }]);
        let workflow = workflow(&self.app, &self.owner, &graph).await;
        self.make(&json!({ "workflow_id": workflow })).await.expect(201).at("/id")
    }

    fn send(&self, path: &str, list: &List) -> Ask {
        self.post(&format!("{path}?{}", list.query)).header("content-type", list.kind).bytes(list.bytes)
    }
}

impl List {
    /// Checks how the list was read, and which rows are rejected.
    #[track_caller]
    fn check(&self, answer: &Value) {
        let file = self.file;
        let format = &answer["format"];
        let read = match format["kind"].as_str() {
            Some("xlsx") => (&json!("xlsx"), &format["sheet"]),
            _ => (&format["encoding"], &format["separator"]),
        };
        assert_eq!(read, (&json!(self.format.0), &json!(self.format.1)), "{file}: {answer}");
        assert_eq!(answer["ignored_columns"], json!(self.ignored), "{file}: {answer}");
        assert_eq!(answer["refused"], self.refused.len(), "{file}: {answer}");
        for (error, (line, column, said)) in answer["errors"].as_array().unwrap().iter().zip(self.refused) {
            assert_eq!(error["line"], *line, "{file}: {error}");
            assert_eq!(error["column"].as_str().unwrap_or_default(), *column, "{file}: {error}");
            assert!(error["message"].as_str().unwrap().contains(said), "{file}: {error}");
        }
    }

    /// Checks that these are the contacts of the list.
    #[track_caller]
    fn check_contacts(&self, contacts: &[Value]) {
        let seen: Vec<_> = contacts
            .iter()
            .map(|contact| {
                let inputs = &contact["inputs"];
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let place = [text(&inputs["company"]), text(&inputs["city"])];
                // Only one of them: the company, if there is one.
                let place = place.into_iter().find(|place| !place.is_empty()).unwrap_or_default();
                let (phone, zone) = (text(&contact["phone"]), text(&contact["time_zone"]));
                (contact["line"].as_i64().unwrap(), phone, zone, text(&inputs["name"]), place)
            })
            .collect();
        let expected = self.contacts.iter().map(|(line, phone, zone, name, place)| {
            (*line, (*phone).to_owned(), (*zone).to_owned(), (*name).to_owned(), (*place).to_owned())
        });
        assert_eq!(seen, expected.collect::<Vec<_>>(), "{}", self.file);
    }
}

#[tokio::test]
async fn fifteen_lists_of_spreadsheets_and_crms_are_read_right() {
    let scene = Scene::new().await;
    assert_eq!(LISTS.len(), 15);
    for list in LISTS {
        let id = scene.of_names().await;
        let path = format!("/campaigns/{id}/contacts");
        let preview = scene.send(&format!("{path}/preview"), list).send().await.expect(200).json();
        list.check(&preview);
        assert_eq!(
            (&preview["problem"], &preview["accepted"]),
            (&Value::Null, &json!(list.contacts.len())),
            "{preview}"
        );
        list.check_contacts(preview["sample"].as_array().unwrap());
        assert_eq!(scene.progress(&id).await["total"], 0, "a preview adds nothing");
        let added = scene.send(&path, list).send().await.expect(201).json();
        list.check(&added);
        assert_eq!(added["added"], list.contacts.len(), "{added}");
        assert_eq!(added["columns"], preview["columns"], "{added}");
        let contacts = scene.get(&path).send().await.expect(200).json();
        let mut contacts = contacts["data"].as_array().unwrap().clone();
        contacts.reverse();
        list.check_contacts(&contacts);
        // When the list is sent again, all its numbers are there already, which is not an error.
        let again = scene.send(&path, list).send().await.expect(201).json();
        assert_eq!(again["added"], 0, "{again}");
        let seen = scene.send(&format!("{path}/preview"), list).send().await.expect(200).json();
        assert_eq!((&seen["accepted"], &seen["duplicates"]), (&json!(0), &again["duplicates"]), "{seen}");
    }
}

#[tokio::test]
async fn files_that_are_no_lists_say_what_they_are_and_what_to_do() {
    let scene = Scene::new().await;
    let id = scene.of_names().await;
    let (path, preview) = (format!("/campaigns/{id}/contacts"), format!("/campaigns/{id}/contacts/preview"));
    let zip = b"PK\x03\x04 a beginning, and nothing else";
    for (bytes, kind, said) in [
        (
            &bytes!("report.xls")[..],
            "application/vnd.ms-excel",
            "is a web page (HTML), whatever its name says. Open it in a spreadsheet program",
        ),
        (&zip[..], XLSX, "is a damaged Excel workbook or ZIP archive. Save it again"),
        (b"\x1f\x8b\x08\0\0\0", "application/octet-stream", "is compressed (gzip). Decompress it"),
        (b"%PDF-1.7", "application/octet-stream", "is a PDF. Export the list as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "application/vnd.ms-excel", "old version of Excel (.xls). Open it"),
        (b"[{\"phone\": \"+4930901820\"}]", "text/plain", "is JSON. Convert it to CSV"),
        (b"", "text/csv", "the file is empty"),
    ] {
        for path in [&path, &preview] {
            let refused = scene.post(path).header("content-type", kind).bytes(bytes).send().await;
            let refused = refused.refused(422, "validation_failed");
            assert!(refused.at("/errors/0/message").contains(said), "{refused}");
        }
    }
    for kind in
        ["application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "image/png"]
    {
        let refused =
            scene.post(&path).header("content-type", kind).bytes("phone,name\n+4930901820,Ada\n").send().await;
        let refused = refused.refused(415, "unsupported_media_type");
        assert!(refused.at("/detail").contains("Content-Type: text/csv"), "{refused}");
    }
    assert_eq!(scene.progress(&id).await["total"], 0);
}

#[tokio::test]
async fn a_list_without_a_good_row_is_no_success() {
    let scene = Scene::new().await;
    let id = scene.of_names().await;
    let (path, preview) = (format!("/campaigns/{id}/contacts"), format!("/campaigns/{id}/contacts/preview"));
    let list = |path: &str| scene.post(path).header("content-type", "text/csv").bytes(bytes!("scientific.csv"));
    let refused = list(&path).send().await.refused(422, "validation_failed");
    assert!(refused.at("/detail").starts_with("All 2 rows of the file are not valid"), "{refused}");
    assert_eq!(refused.at("/errors/1/pointer"), "/3/Phone");
    assert!(refused.at("/errors/0/message").contains("was changed to 4.93090182E+11 by a spreadsheet"), "{refused}");
    let shown = list(&preview).send().await.expect(200).json();
    assert_eq!((&shown["rows"], &shown["accepted"], &shown["refused"]), (&json!(2), &json!(0), &json!(2)));
    scene.add(&id, "phone,name\n").await.refused(422, "validation_failed");
}

#[tokio::test]
async fn a_preview_says_what_is_wrong_with_the_columns_and_a_mapping_mends_it() {
    let scene = Scene::new().await;
    let id = scene.of_names().await;
    let path = format!("/campaigns/{id}/contacts");
    let file = "Kunde,Erreichbar unter,Alter\nAda,030 901820,36\n";
    let ask =
        |path: &str, query: &str| scene.post(&format!("{path}?{query}")).header("content-type", "text/csv").bytes(file);
    let preview = format!("{path}/preview");
    let shown = ask(&preview, "").send().await.expect(200).json();
    assert!(shown["problem"].as_str().unwrap().contains("no input 'Kunde' (and 2 more columns)"), "{shown}");
    assert_eq!(shown["columns"][1], json!({ "column": "Erreichbar unter", "field": null }));
    let refused = ask(&path, "ignore_unknown=true").send().await.refused(422, "validation_failed");
    assert!(refused.at("/errors/0/message").contains("no column for the input 'name'"), "{refused}");
    let mapping = "mapping=%7B%22phone%22%3A%22erreichbar%20unter%22%2C%22name%22%3A%22Kunde%22%7D";
    let shown =
        ask(&preview, &format!("{mapping}&ignore_unknown=true&default_country=DE")).send().await.expect(200).json();
    assert_eq!((&shown["problem"], &shown["sample"][0]["phone"]), (&Value::Null, &json!("+4930901820")), "{shown}");
    assert_eq!(shown["ignored_columns"], json!(["Alter"]));
    let added = ask(&path, &format!("{mapping}&ignore_unknown=true&default_country=DE")).send().await.expect(201);
    assert_eq!(added.at("/added"), "1");
    for (query, pointer) in [
        ("mapping=phone", "?mapping"),
        ("default_country=Germany", "?default_country"),
        ("encoding=klingon", "?encoding"),
    ] {
        for path in [&path, &preview] {
            let refused = ask(path, query).send().await.refused(422, "validation_failed");
            assert_eq!(refused.at("/errors/0/pointer"), pointer);
        }
    }
}

#[tokio::test]
async fn a_campaign_names_the_country_of_numbers_without_a_country_code() {
    let scene = Scene::new().await;
    let made = scene.make(&json!({ "default_country": "de" })).await.expect(201);
    assert_eq!(made.at("/default_country"), "DE");
    let id = made.at("/id");
    scene.add(&id, "phone\n030 901820\n").await.expect(201);
    let change = json!({ "default_country": "US" });
    let path = format!("/api/v1/campaigns/{id}");
    scene.app.patch(&path).key(&scene.owner.key).json(&change).send().await.expect(200);
    scene.add(&id, "phone\n(415) 555-0132\n").await.expect(201);
    let contacts = scene.get(&format!("/campaigns/{id}/contacts")).send().await.expect(200);
    assert_eq!(
        (contacts.at("/data/0/phone"), contacts.at("/data/1/phone")),
        ("+14155550132".into(), "+4930901820".into())
    );
    let wrong = scene.make(&json!({ "default_country": "Germany" })).await.refused(422, "validation_failed");
    assert_eq!(wrong.at("/errors/0/pointer"), "/default_country");
}
