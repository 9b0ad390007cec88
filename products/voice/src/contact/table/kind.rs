//! The kind of a file, by its content: file names and content types are often wrong.

use freehold_core::Result;

use super::{Kind, refused, workbook};

const SAVE_AS: &str = "Open it in a spreadsheet program, and save it as CSV or as an Excel workbook (.xlsx)";

/// The first bytes of frequent files that are not lists, what the file is, and what to do.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (b"\x1f\x8b", "is compressed (gzip)", "Decompress it, and send the file inside"),
    (b"BZh", "is compressed (bzip2)", "Decompress it, and send the file inside"),
    (b"\xfd7zXZ\0", "is compressed (xz)", "Decompress it, and send the file inside"),
    (b"\x28\xb5\x2f\xfd", "is compressed (Zstandard)", "Decompress it, and send the file inside"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive", "Unpack it, and send the file inside"),
    (b"Rar!\x1a\x07", "is a RAR archive", "Unpack it, and send the file inside"),
    (b"%PDF-", "is a PDF", "Export the list as CSV or as an Excel workbook (.xlsx)"),
    (b"{\\rtf", "is a text document (RTF)", SAVE_AS),
    (b"\x89PNG", "is a picture (PNG)", "Export the list as CSV or as an Excel workbook (.xlsx)"),
    (b"\xff\xd8\xff", "is a picture (JPEG)", "Export the list as CSV or as an Excel workbook (.xlsx)"),
    (b"SQLite format 3\0", "is a SQLite database", "Export the list as CSV"),
    (b"PAR1", "is a Parquet file", "Export the list as CSV"),
];

/// The same for text files, ignoring case.
const OTHER_TEXTS: &[(&str, &str, &str)] = &[
    ("<!doctype html", "is a web page (HTML), whatever its name says", SAVE_AS),
    ("<html", "is a web page (HTML), whatever its name says", SAVE_AS),
    ("<table", "is a web page (HTML), whatever its name says", SAVE_AS),
    ("<meta", "is a web page (HTML), whatever its name says", SAVE_AS),
    ("<?xml", "is XML, such as an Excel 2003 XML spreadsheet", SAVE_AS),
    ("begin:vcard", "holds contact cards (vCard)", "Export the contacts as CSV instead"),
    ("dn: ", "is an LDIF file", "Export the contacts as CSV instead"),
    ("mime-version:", "is a mail or a web archive", SAVE_AS),
];

/// Detects the kind of this file.
///
/// # Errors
/// `validation_failed` with what the file is instead, and what to do.
pub(super) fn kind_of(bytes: &[u8]) -> Result<Kind> {
    if let Some((_, what, advice)) = OTHERS.iter().find(|(begin, ..)| bytes.starts_with(begin)) {
        return Err(refused(format!("the file {what}. {advice}")));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return workbook::kind_of(bytes);
    }
    if bytes.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        return Err(refused(compound(bytes)));
    }
    let begin = &bytes[..bytes.len().min(256)];
    let begin = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin).trim_ascii_start();
    let text = String::from_utf8_lossy(begin).to_ascii_lowercase();
    if let Some((_, what, advice)) = OTHER_TEXTS.iter().find(|(begin, ..)| text.starts_with(begin)) {
        return Err(refused(format!("the file {what}. {advice}")));
    }
    let json = match text.as_bytes() {
        [b'{' | b'[', rest @ ..] => matches!(rest.trim_ascii_start().first(), Some(b'{' | b'[' | b'"' | b'}' | b']')),
        _ => false,
    };
    if json {
        return Err(refused("the file is JSON. Convert it to CSV, with a first line that names the columns"));
    }
    Ok(Kind::Text)
}

/// The message for files of older versions of Microsoft Office, and for encrypted ones of newer versions.
fn compound(bytes: &[u8]) -> String {
    let holds = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(name.len()).any(|window| window == name)
    };
    if holds("EncryptedPackage") {
        "the file is protected by a password. Save it without one, and send that".to_owned()
    } else if holds("WordDocument") {
        format!("the file is a Word document. Copy its table into a spreadsheet program. {SAVE_AS}")
    } else if holds("__substg1.0") {
        "the file is an Outlook item. Export the contacts from Outlook as CSV".to_owned()
    } else {
        format!("the file is a workbook of an old version of Excel (.xls). {SAVE_AS}")
    }
}
