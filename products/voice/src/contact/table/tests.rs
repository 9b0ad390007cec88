use std::io::Write;

use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;

fn read(bytes: &[u8]) -> Result<Table> {
    table_read(bytes, Hints::default())
}

fn rows(table: &Table) -> Vec<Vec<&str>> {
    table.rows.iter().map(|row| row.cells.iter().map(String::as_str).collect()).collect()
}

fn refusal(bytes: &[u8]) -> String {
    read(bytes).expect_err("it is refused").to_string()
}

const EXPECTED: [[&str; 2]; 3] = [["phone", "name"], ["+4930901820", "Jürgen"], ["+4930901821", "Zoë"]];
const TEXT: &str = "phone;name\r\n+4930901820;Jürgen\r\n+4930901821;Zoë\r\n";

#[test]
fn a_text_is_read_in_whatever_encoding_it_is() {
    let units = |bytes: fn(u16) -> [u8; 2]| TEXT.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let latin: Vec<u8> = TEXT.chars().map(|letter| u8::try_from(u32::from(letter)).expect("it is Latin-1")).collect();
    for (bytes, encoding) in [
        (TEXT.as_bytes().to_vec(), "UTF-8"),
        ([b"\xef\xbb\xbf", TEXT.as_bytes()].concat(), "UTF-8"),
        ([b"\xff\xfe".to_vec(), units(u16::to_le_bytes)].concat(), "UTF-16LE"),
        ([b"\xfe\xff".to_vec(), units(u16::to_be_bytes)].concat(), "UTF-16BE"),
        (units(u16::to_le_bytes), "UTF-16LE"),
        (units(u16::to_be_bytes), "UTF-16BE"),
        (latin, "windows-1252"),
    ] {
        let table = read(&bytes).expect(encoding);
        assert_eq!(rows(&table), EXPECTED, "{encoding}");
        assert_eq!((table.format.encoding, table.format.separator), (Some(encoding), Some(';')));
    }
}

#[test]
fn the_country_of_the_numbers_tells_encodings_apart() {
    for (name, label, country) in [
        ("Grzegorz Brzęczyszczykiewicz, Łódź, świętokrzyskie", "windows-1250", "PL"),
        ("Александр Пушкин, Санкт-Петербург", "windows-1251", "RU"),
        ("山田太郎、東京都千代田区丸の内", "Shift_JIS", "JP"),
        ("Γιώργος Παπαδόπουλος, Θεσσαλονίκη", "ISO-8859-7", "GR"),
    ] {
        let text = format!("phone\tname\n+4930901820\t{name}\n");
        let encoding = Encoding::for_label(label.as_bytes()).expect(label);
        let (bytes, _, lossy) = encoding.encode(&text);
        assert!(!lossy, "{name}");
        let hints = Hints { country: Country::find(country), ..Hints::default() };
        let table = table_read(&bytes, hints).expect(label);
        assert_eq!((rows(&table)[1][1], table.format.encoding), (name, Some(encoding.name())), "{label}");
        let named = Hints { encoding: Some(encoding), ..Hints::default() };
        assert_eq!(rows(&table_read(&bytes, named).expect(label))[1][1], name);
    }
    // The encoding of old Macs resembles others, so it has to be named.
    let hints = Hints { encoding: Some(encoding_named("?encoding", "macintosh").expect("known")), ..Hints::default() };
    assert_eq!(rows(&table_read(b"phone,name\r+4930901820,J\x9frgen\r", hints).expect("a list"))[1][1], "Jürgen");
    assert!(encoding_named("?encoding", "klingon").is_err());
}

#[test]
fn a_text_with_a_few_broken_bytes_stays_utf_8() {
    let table =
        read(b"phone,name\n+4930901820,J\xc3\xbcrgen Gr\xc3\xbcn\n+4930901821,Zo\xeb\n+4930901822,Ren\xc3\xa9\n")
            .expect("a list");
    assert_eq!(rows(&table)[1][1], "Jürgen Grün");
    assert_eq!(rows(&table)[2][1], "Zo\u{fffd}");
}

#[test]
fn the_separator_is_found_or_named() {
    for (text, separator) in [
        ("phone,name\n+4930901820,Jürgen\n+4930901821,Zoë\n", ','),
        (TEXT, ';'),
        ("phone\tname\n+4930901820\tJürgen\n+4930901821\tZoë\n", '\t'),
        ("phone|name\n+4930901820|Jürgen\n+4930901821|Zoë\n", '|'),
        ("sep=;\r\nphone;name\r\n+4930901820;Jürgen\r\n+4930901821;Zoë\r\n", ';'),
        ("\"sep=,\"\nphone,name\n+4930901820,Jürgen\n+4930901821,Zoë\n", ','),
        ("sep=:\nphone:name\n+4930901820:Jürgen\n+4930901821:Zoë\n", ':'),
        ("phone,name\r+4930901820,Jürgen\r+4930901821,Zoë\r", ','),
        ("\n\nphone,name\n\n,\n+4930901820,Jürgen\n+4930901821,Zoë\n,,\n\n", ','),
    ] {
        let table = read(text.as_bytes()).expect(text);
        assert_eq!(rows(&table), EXPECTED, "{text:?}");
        assert_eq!(table.format.separator, Some(separator), "{text:?}");
    }
    let table = read(b"sep=;\nname;notes\nAda;\"one, two,\nthree\"\nBob;x\n").expect("a list");
    assert_eq!(table.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 5]);
    // Commas inside of cells are not separators.
    let table = read(b"name;notes, remarks, more\nAda;a, b, c\nBob;d\n").expect("a list");
    assert_eq!(table.format.separator, Some(';'));
}

#[test]
fn what_is_no_list_says_what_it_is_and_what_to_do() {
    for (bytes, said) in [
        (&b""[..], "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (b"\n\n,,\n", "the file is empty"),
        (b"\x1f\x8b\x08\0\0", "compressed (gzip). Decompress it"),
        (b"%PDF-1.7\n", "is a PDF. Export"),
        (b"{\"contacts\": []}", "is JSON. Convert it to CSV"),
        (b"[{\"phone\": 1}]", "is JSON"),
        (b"<!DOCTYPE html><table>", "web page (HTML)"),
        (b"  <html xmlns:x=\"urn:schemas-microsoft-com:office:excel\">", "web page (HTML)"),
        (b"<?xml version=\"1.0\"?><Workbook>", "Excel 2003 XML"),
        (b"BEGIN:VCARD\r\nVERSION:3.0\r\n", "contact cards (vCard). Export"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0", "old version of Excel (.xls)"),
        (b"\xff\xfe\0\0p\0\0\0", "UTF-32"),
        (b"PK\x03\x04 and then nothing", "damaged Excel workbook or ZIP archive"),
        (b"\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x11\x12\x13\x14", "is not a text"),
    ] {
        let refused = refusal(bytes);
        assert!(refused.contains(said), "{:?}: {refused}", String::from_utf8_lossy(bytes));
    }
    let mut encrypted = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    encrypted.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert!(refusal(&encrypted).contains("protected by a password. Save it without one"));
}

fn archive(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a part begins");
        archive.write_all(bytes).expect("a part is written");
    }
    archive.finish().expect("the archive ends").into_inner()
}

const ROOT: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const WORKBOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Notes" sheetId="1" state="hidden" r:id="rId1"/><sheet name="Contacts" sheetId="2" r:id="rId2"/></sheets></workbook>"#;
const RELATIONS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/></Relationships>"#;
const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#;

/// A workbook whose first sheet is hidden and whose second one has these rows.
fn workbook(rows: &str) -> Vec<u8> {
    workbook_with(rows, &[])
}

/// The same with texts that cells share.
fn workbook_with(rows: &str, texts: &[&str]) -> Vec<u8> {
    let texts: Vec<String> = texts.iter().map(|text| format!("<si><t>{text}</t></si>")).collect();
    let texts = texts.concat();
    let texts = format!(r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{texts}</sst>"#);
    let sheet = |rows: &str| {
        format!(
            r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#
        )
    };
    let hidden = sheet(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>secret</t></is></c></row>"#);
    let shown = sheet(rows);
    archive(&[
        ("[Content_Types].xml", b"<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"),
        ("_rels/.rels", ROOT.as_bytes()),
        ("xl/workbook.xml", WORKBOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", RELATIONS.as_bytes()),
        ("xl/styles.xml", STYLES.as_bytes()),
        ("xl/sharedStrings.xml", texts.as_bytes()),
        ("xl/worksheets/sheet1.xml", hidden.as_bytes()),
        ("xl/worksheets/sheet2.xml", shown.as_bytes()),
    ])
}

#[test]
fn a_workbook_is_read_from_its_first_visible_sheet() {
    let table = read(&workbook(
        r#"<row r="3"><c r="B3" t="inlineStr"><is><t>phone</t></is></c><c r="C3" t="inlineStr"><is><t>since</t></is></c><c r="D3" t="inlineStr"><is><t>age</t></is></c></row>
           <row r="5"><c r="B5"><v>4930901820</v></c><c r="C5" s="1"><v>45943</v></c><c r="D5"><v>36.5</v></c></row>
           <row r="6"><c r="B6" t="str"><v>+4930901821</v></c><c r="C6" t="e"><v>#N/A</v></c><c r="D6" t="b"><v>1</v></c></row>"#,
    ))
    .expect("it is a workbook");
    let expected = [
        vec!["", "phone", "since", "age"],
        vec!["", "4930901820", "2025-10-13", "36.5"],
        vec!["", "+4930901821", "#N/A", "TRUE"],
    ];
    assert_eq!(rows(&table), expected);
    assert_eq!(table.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 5, 6]);
    assert_eq!((table.format.kind, table.format.sheet.as_deref()), (ContactListKind::Xlsx, Some("Contacts")));
    assert!(refusal(&workbook("")).contains("the file is empty"));
}

#[test]
fn a_workbook_far_larger_than_its_file_is_refused() {
    let far = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>phone</t></is></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    assert!(refusal(&workbook(far)).contains("line 1048576 of the file has more than 500 columns"));
    let long =
        format!(r#"<row r="1"><c r="A1" t="inlineStr"><is><t>{}</t></is></c></row>"#, "x".repeat(40 * 1024 * 1024));
    let bytes = workbook(&long);
    assert!(bytes.len() < 100_000, "{}", bytes.len());
    assert!(refusal(&bytes).contains("larger than 32 MB when it is unpacked"));
    let many: Vec<(String, &[u8])> = (0..1_001).map(|part| (format!("xl/{part}"), &b""[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    assert!(refusal(&archive(&many)).contains("larger than"));
    let rows: Vec<String> =
        (1..=10_002).map(|row| format!(r#"<row r="{row}"><c r="A{row}"><v>1</v></c></row>"#)).collect();
    assert!(refusal(&workbook(&rows.concat())).contains("more than 10000 contacts"));
}

/// A spreadsheet of LibreOffice with these sheets.
fn open_document(sheets: &str) -> Vec<u8> {
    let content = format!(
        r#"<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:style="s"><office:automatic-styles><style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles><office:body><office:spreadsheet>{sheets}</office:spreadsheet></office:body></office:document-content>"#
    );
    archive(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content.as_bytes())])
}

#[test]
fn a_spreadsheet_of_libreoffice_is_read() {
    let table = read(&open_document(
        r#"<table:table table:name="Old" table:style-name="ta2"><table:table-row><table:table-cell office:value-type="string"><text:p>secret</text:p></table:table-cell></table:table-row></table:table>
        <table:table table:name="Kontakte" table:style-name="ta1"><table:table-column table:number-columns-repeated="16384"/>
        <table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
        <table:table-row><table:table-cell office:value-type="string"><text:p>phone</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>name</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>since</text:p></table:table-cell><table:table-cell table:number-columns-repeated="16381"/></table:table-row>
        <table:table-row><table:table-cell office:value-type="float" office:value="4930901820"><text:p>4,93E+09</text:p></table:table-cell><table:table-cell office:value-type="string"><office:annotation><text:p>a remark</text:p></office:annotation><text:p>J&#xFC;rgen &amp; <text:span>Zoë</text:span><text:s/>x</text:p><text:p>two</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2024-02-29"><text:p>29.02.24</text:p></table:table-cell></table:table-row>
        <table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>"#,
    ))
    .expect("it is a spreadsheet");
    assert_eq!(rows(&table), [["phone", "name", "since"], ["4930901820", "Jürgen & Zoë x\ntwo", "2024-02-29"]]);
    assert_eq!(table.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [3, 4]);
    assert_eq!((table.format.kind, table.format.sheet.as_deref()), (ContactListKind::Ods, Some("Kontakte")));
    assert!(refusal(&open_document("")).contains("the file is empty"));
}

#[test]
fn a_spreadsheet_of_libreoffice_far_larger_than_its_file_is_refused() {
    let cell = |repeats: u32| {
        format!(
            r#"<table:table-cell table:number-columns-repeated="{repeats}" office:value-type="string"><text:p>x</text:p></table:table-cell>"#
        )
    };
    let sheet = |rows: u32, columns: u32| {
        format!(
            r#"<table:table table:name="x"><table:table-row table:number-rows-repeated="{rows}">{}</table:table-row></table:table>"#,
            cell(columns)
        )
    };
    assert!(refusal(&open_document(&sheet(1, 4_294_967_295))).contains("more than 500 columns"));
    assert!(refusal(&open_document(&sheet(4_294_967_295, 1))).contains("more than 10000 contacts"));
    assert!(refusal(&open_document(&sheet(9_000, 400))).contains("more than 1000000 cells"));
}

#[test]
fn a_long_text_that_is_repeated_is_refused_before_it_is_copied() {
    let long = "x".repeat(1024 * 1024);
    let cells: Vec<String> =
        (1..=40).map(|row| format!(r#"<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>"#)).collect();
    assert!(refusal(&workbook_with(&cells.concat(), &[&long])).contains("more than 32 MB of text"));
    let sheet = |rows: u32, columns: u32| {
        format!(
            r#"<table:table table:name="x"><table:table-row table:number-rows-repeated="{rows}"><table:table-cell table:number-columns-repeated="{columns}" office:value-type="string"><text:p>{long}</text:p></table:table-cell></table:table-row></table:table>"#
        )
    };
    assert!(refusal(&open_document(&sheet(1, 400))).contains("more than 32 MB of text"));
    assert!(refusal(&open_document(&sheet(4_000, 1))).contains("more than 32 MB of text"));
}

#[test]
fn other_archives_say_what_they_are() {
    for (name, bytes, said) in [
        ("contacts.csv", &b"phone"[..], "is a ZIP archive with 'contacts.csv'. Unpack it"),
        ("xl/workbook.bin", b"", "binary Excel workbook (.xlsb)"),
        ("word/document.xml", b"", "is a text document"),
        ("Index/Document.iwa", b"", "is a Numbers document. Export it from Numbers"),
        ("mimetype", b"application/vnd.oasis.opendocument.text", "is a text document"),
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet", "damaged OpenDocument spreadsheet"),
    ] {
        let refused = refusal(&archive(&[(name, bytes)]));
        assert!(refused.contains(said), "{name}: {refused}");
    }
    // However a workbook is cut off, it is refused and nothing panics.
    let whole = workbook(r#"<row r="1"><c r="A1"><v>1</v></c></row>"#);
    for length in (0..whole.len()).step_by(7) {
        assert!(read(&whole[..length]).is_err(), "{length}");
    }
}

proptest::proptest! {
    /// A workbook with any byte changed is read or refused.
    #[test]
    fn any_workbook_is_read_or_refused(at in 0..3_000_usize, byte in proptest::num::u8::ANY, rows in "(<row r=\"[0-9]{0,9}\"><c r=\"[A-Z]{0,5}[0-9]{0,9}\" t=\"(s|b|e|str|n|d|inlineStr)\" s=\"[0-9]{0,3}\"><v>[-+0-9eE.]{0,20}</v></c></row>){0,4}") {
        let mut bytes = workbook(&rows);
        let length = bytes.len();
        drop(read(&bytes));
        bytes[at % length] = byte;
        drop(read(&bytes));
    }

    /// A spreadsheet of LibreOffice with any content is read or refused.
    #[test]
    fn any_spreadsheet_is_read_or_refused(content in "(</?(table:table|table:table-row|table:table-cell|text:p|office:annotation)( table:number-(rows|columns)-repeated=\"[0-9]{1,10}\")?( office:value-type=\"(float|date|boolean)\" office:(date-)?value=\"[0-9TZ:.e-]{0,12}\")?/?>|&[#a-z0-9]{0,5};|[a-z ]){0,40}") {
        drop(read(&open_document(&content)));
    }
}
