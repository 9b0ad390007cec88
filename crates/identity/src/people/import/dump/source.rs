//! Turns an uploaded file into lines of SQL: unpacks compressed files, converts encodings, and reports a file that is
//! not an SQL dump, with advice.

use std::{
    fmt,
    io::{self, BufRead, BufReader, Cursor, Read},
};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE};
use flate2::bufread::MultiGzDecoder;

/// Number of bytes read to detect the type of a file.
const LOOK: usize = 4_096;
/// Most layers of compression that are unpacked.
const LAYERS: usize = 3;

const SQL: &str = "Create an SQL dump: supabase db dump --data-only --schema auth -f people.sql, or pg_dump --data-only --schema auth";

/// Why a file is not a dump that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoDump {
    /// What the file is.
    pub found: String,
    /// What the user should do.
    pub advice: String,
}

impl NoDump {
    /// Creates the reason and the advice.
    pub fn new(found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { found: found.into(), advice: advice.into() }
    }

    /// Advice for a file that contains no user.
    pub fn advice_for_sql() -> &'static str {
        SQL
    }
}

impl fmt::Display for NoDump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is {}. {}", self.found, self.advice)
    }
}

impl std::error::Error for NoDump {}

/// The lines of the dump in UTF-8, whatever its compression and encoding.
///
/// # Errors
/// An error of reading; one whose inner error is [`NoDump`] for a file that is no SQL dump.
pub fn dump_open(file: impl Read + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    let mut reader: Box<dyn BufRead + Send> = Box::new(BufReader::new(file));
    for _ in 0..LAYERS {
        let beginning = beginning(&mut reader)?;
        let whole: Box<dyn BufRead + Send> = Box::new(BufReader::new(Cursor::new(beginning.clone()).chain(reader)));
        if !beginning.starts_with(&[0x1f, 0x8b]) {
            return text(&beginning, whole);
        }
        reader = Box::new(BufReader::new(MultiGzDecoder::new(whole)));
    }
    let found = "compressed several times over";
    Err(no_dump(NoDump::new(found, "Unpack it, and import what is inside")))
}

fn no_dump(problem: NoDump) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, problem)
}

fn beginning(reader: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(LOOK);
    reader.take(LOOK as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns the text in UTF-8, if it may be SQL.
fn text(beginning: &[u8], mut whole: Box<dyn BufRead + Send>) -> io::Result<Box<dyn BufRead + Send>> {
    if let Some(problem) = binary(beginning) {
        return Err(no_dump(problem));
    }
    let utf_16 = match beginning {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        // Without a byte order mark: in UTF-16, every other byte of mostly-ASCII text is NUL.
        bytes if mostly_nul(bytes, 1) => Some(UTF_16LE),
        bytes if mostly_nul(bytes, 0) => Some(UTF_16BE),
        _ => None,
    };
    let (beginning, whole): (Vec<u8>, Box<dyn BufRead + Send>) = if let Some(encoding) = utf_16 {
        let mut decoded = BufReader::new(Decoded {
            inner: whole,
            decoder: encoding.new_decoder_with_bom_removal(),
            ready: Vec::new(),
            given: 0,
            ended: false,
        });
        let beginning = self::beginning(&mut decoded)?;
        (beginning.clone(), Box::new(BufReader::new(Cursor::new(beginning).chain(decoded))))
    } else {
        if beginning.starts_with(b"\xef\xbb\xbf") {
            io::copy(&mut whole.by_ref().take(3), &mut io::sink())?;
        }
        (beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).to_vec(), whole)
    };
    match other_text(&beginning) {
        Some(problem) => Err(no_dump(problem)),
        None => Ok(whole),
    }
}

fn mostly_nul(bytes: &[u8], offset: usize) -> bool {
    let looked: Vec<u8> = bytes.iter().skip(offset).step_by(2).take(64).copied().collect();
    let others: Vec<u8> = bytes.iter().skip(1 - offset).step_by(2).take(64).copied().collect();
    looked.len() >= 2 && looked.iter().all(|byte| *byte == 0) && others.iter().all(|byte| *byte != 0)
}

/// Detects a file of another type by its first bytes.
fn binary(bytes: &[u8]) -> Option<NoDump> {
    let restore = "Turn it into SQL: pg_restore --data-only --schema auth -f people.sql FILE, and import people.sql";
    let unpack = "Unpack it, and import the SQL dump inside";
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let is_tar = bytes.get(257..262) == Some(b"ustar");
    Some(match bytes {
        [] => NoDump::new("empty", format!("Perhaps the program that made it failed. {SQL}")),
        _ if begins(b"PGDMP") => NoDump::new("a dump in pg_dump's custom format (-Fc)", restore),
        _ if is_tar && begins(b"toc.dat") => NoDump::new("a dump in pg_dump's tar format (-Ft)", restore),
        _ if is_tar => NoDump::new("a tar archive", unpack),
        _ if begins(b"PK\x03\x04") => NoDump::new("a zip archive (or a spreadsheet)", unpack),
        _ if begins(b"\x28\xb5\x2f\xfd") => NoDump::new("compressed with zstd", "Unpack it with zstd -d"),
        _ if begins(b"\xfd7zXZ\0") => NoDump::new("compressed with xz", "Unpack it with xz -d"),
        _ if begins(b"BZh") => NoDump::new("compressed with bzip2", "Unpack it with bzip2 -d"),
        _ if begins(b"\x04\x22\x4d\x18") => NoDump::new("compressed with lz4", "Unpack it with lz4 -d"),
        _ if begins(b"7z\xbc\xaf\x27\x1c") => NoDump::new("a 7z archive", unpack),
        _ if begins(b"Rar!") => NoDump::new("a RAR archive", unpack),
        _ if begins(b"SQLite format 3\0") => NoDump::new("an SQLite database", SQL),
        _ if begins(b"%PDF") => NoDump::new("a PDF", SQL),
        _ if begins(b"\xd0\xcf\x11\xe0") => NoDump::new("an old Office document", SQL),
        _ if begins(b"\xff\xfe\0\0") || begins(b"\0\0\xfe\xff") => NoDump::new("a text in UTF-32", "Save it in UTF-8"),
        _ => return None,
    })
}

/// Detects a text that is not SQL by its first characters.
fn other_text(bytes: &[u8]) -> Option<NoDump> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start();
    let lower: String = text.chars().take(400).collect::<String>().to_lowercase();
    if text.is_empty() {
        return Some(NoDump::new(
            "empty but for white space",
            format!("Perhaps the program that made it failed. {SQL}"),
        ));
    }
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        return Some(NoDump::new(
            "an HTML page, not a dump",
            format!("Perhaps a download ended at a sign-in or error page. {SQL}"),
        ));
    }
    if lower.starts_with("<?xml") || lower.starts_with('<') {
        return Some(NoDump::new("XML", SQL));
    }
    if text.starts_with(['{', '[']) {
        let vendor = [
            ("localid", "users exported from Firebase, as JSON"),
            ("auth0|", "users exported from Auth0, as JSON"),
            ("encrypted_password", "rows of auth.users, as JSON"),
            ("password_digest", "users exported from Clerk, as JSON"),
        ];
        let found =
            vendor.into_iter().find(|(word, _)| lower.contains(word)).map_or("JSON, not SQL", |(_, found)| found);
        return Some(NoDump::new(
            found,
            format!(
                "{SQL}. Users of other servers are created one by one: POST /auth/v1/admin/users with password_hash"
            ),
        ));
    }
    if text.bytes().take(400).any(|byte| byte == 0) {
        return Some(NoDump::new("not a text", SQL));
    }
    let first = lower.lines().next().unwrap_or_default();
    let names: Vec<&str> = first.split([',', ';', '\t']).map(|name| name.trim().trim_matches('"')).collect();
    let is_sql = ["--", "/*", "set ", "select ", "copy ", "insert ", "begin", "create ", "\\"]
        .iter()
        .any(|word| first.starts_with(word));
    let of_users = ["email", "id", "user_id", "encrypted_password", "phone", "name"];
    if !is_sql && names.len() > 1 && names.iter().any(|name| of_users.contains(name)) {
        let advice = format!(
            "{SQL}. Users of other servers are created one by one: POST /auth/v1/admin/users with password_hash"
        );
        return Some(NoDump::new("a table as CSV, not SQL", advice));
    }
    None
}

/// Reads a text in another encoding as UTF-8.
struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    ready: Vec<u8>,
    given: usize,
    ended: bool,
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.ready.len() && !self.ended {
            let bytes = self.inner.fill_buf()?;
            let (taken, last) = (bytes.len(), bytes.is_empty());
            let mut text = String::with_capacity(self.decoder.max_utf8_buffer_length(taken).unwrap_or(taken * 3 + 16));
            let _ = self.decoder.decode_to_string(bytes, &mut text, last);
            self.inner.consume(taken);
            (self.ready, self.given, self.ended) = (text.into_bytes(), 0, last);
        }
        let count = into.len().min(self.ready.len() - self.given);
        into[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    const DUMP: &str =
        "SET client_encoding = 'UTF8';\nCOPY auth.users (id, email) FROM stdin;\n1\tä@example.org\n\\.\n";

    fn read(bytes: &[u8]) -> Result<String, String> {
        let mut text = String::new();
        let mut reader = dump_open(Cursor::new(bytes.to_vec())).map_err(|error| error.to_string())?;
        reader.read_to_string(&mut text).map_err(|error| error.to_string())?;
        Ok(text)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn a_dump_is_read_in_every_packing_and_encoding_that_people_have() {
        let long = format!("{DUMP}{}", "-- a comment of some length\n".repeat(2_000));
        for dump in [DUMP, &long] {
            for bytes in [
                dump.as_bytes().to_vec(),
                format!("\u{feff}{dump}").into_bytes(),
                utf_16(&format!("\u{feff}{dump}"), u16::to_le_bytes),
                utf_16(&format!("\u{feff}{dump}"), u16::to_be_bytes),
                utf_16(dump, u16::to_le_bytes),
                utf_16(dump, u16::to_be_bytes),
                gzip(dump.as_bytes()),
                gzip(&utf_16(&format!("\u{feff}{dump}"), u16::to_le_bytes)),
                gzip(&gzip(dump.as_bytes())),
            ] {
                assert_eq!(read(&bytes).unwrap(), dump);
            }
        }
        let members = [gzip(&DUMP.as_bytes()[..40]), gzip(&DUMP.as_bytes()[40..])].concat();
        assert_eq!(read(&members).unwrap(), DUMP);
    }

    #[test]
    fn what_is_no_dump_is_named_with_what_to_do() {
        let tar = |name: &[u8]| [name, &vec![0; 257 - name.len()], b"ustar\x0000", &[0; 200]].concat();
        for (bytes, found, advice) in [
            (b"".to_vec(), "empty", "supabase db dump"),
            (b" \n\n ".to_vec(), "empty", "supabase db dump"),
            (gzip(b""), "empty", "supabase db dump"),
            (b"PGDMP\x01\x0e\x00".to_vec(), "custom format", "pg_restore"),
            (gzip(b"PGDMP\x01\x0e\x00"), "custom format", "pg_restore"),
            (tar(b"toc.dat"), "tar format", "pg_restore"),
            (tar(b"backup/people.sql"), "tar archive", "Unpack"),
            (b"PK\x03\x04\x14".to_vec(), "zip", "Unpack"),
            (b"\x28\xb5\x2f\xfd\x04".to_vec(), "zstd", "zstd -d"),
            (b"\xfd7zXZ\0\0".to_vec(), "xz", "xz -d"),
            (b"BZh91AY".to_vec(), "bzip2", "bzip2 -d"),
            (b"SQLite format 3\0".to_vec(), "SQLite", "pg_dump"),
            (b"<!DOCTYPE html><title>502</title>".to_vec(), "an HTML page", "sign-in or error page"),
            (b"\n<HTML><body>".to_vec(), "an HTML page", "sign-in or error page"),
            (br#"{"users":[{"localId":"x","email":"a@x.org"}]}"#.to_vec(), "Firebase", "password_hash"),
            (br#"[{"user_id":"auth0|1"}]"#.to_vec(), "Auth0", "password_hash"),
            (br#"[{"email":"a@x.org"}]"#.to_vec(), "JSON", "password_hash"),
            (b"id,email,created_at\n1,a@x.org,2024\n".to_vec(), "CSV", "password_hash"),
            (b"\"id\";\"email\"\n1;a@x.org\n".to_vec(), "CSV", "password_hash"),
            (utf_16("\u{feff}id,email\r\n1,a@x.org", u16::to_le_bytes), "CSV", "password_hash"),
            (b"\x7fELF\x02\x01\x01\0\0\0\0\0".to_vec(), "not a text", "pg_dump"),
        ] {
            let said = read(&bytes).unwrap_err();
            assert!(said.starts_with("it is ") && said.contains(found) && said.contains(advice), "{found}: {said}");
        }
    }

    #[test]
    fn a_broken_gzip_file_is_an_error_of_reading() {
        let whole = gzip("x".repeat(10_000).as_bytes());
        assert!(read(&whole[..whole.len() / 2]).is_err());
    }
}
