//! Verification of an export without a database and without any secret: every hash is computed again, and the first
//! line is signed. Names the first entry that is not as the chain has it.

use std::{
    fmt,
    io::{self, BufRead},
};

use data_encoding::HEXLOWER;
use freehold_core::TenantId;
use freehold_vault::PublicKey;
use uuid::Uuid;

use super::{
    export::{FORMAT, Format, Header, Signed},
    head::Head,
    record::{COLUMNS, Hash, Record, csv_cells},
};

/// What the reader of an export knows from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The public key of the installation. None: the key in the export is believed, which the author of a forged file
    /// would choose.
    pub public_key: Option<PublicKey>,
    /// Number and hash of an entry, such as a head that was kept earlier: the export must contain exactly this entry.
    pub head: Option<Head>,
}

/// An export whose entries are all as the chain has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Id of the organization.
    pub organization: Uuid,
    /// When it was exported.
    pub exported_at: String,
    /// Number of the last entry that was deleted because of its age; 0: none was.
    pub cut: i64,
    /// Number of the first entry; greater than the last one when the export has no entries.
    pub first: i64,
    /// The last entry.
    pub head: Head,
    /// How many entries have personal data that was erased.
    pub erased: u64,
    /// The key that signed the export.
    pub public_key: PublicKey,
}

/// The first place at which an export is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Number of the entry; none: the first line, which is about the whole export.
    pub number: Option<i64>,
    /// What is wrong there, as a sentence.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            Some(number) => write!(f, "entry {number}: {}", self.what),
            None => write!(f, "the first line: {}", self.what),
        }
    }
}

/// Verifies an export as JSON lines or CSV.
///
/// # Errors
/// When the file cannot be read. The inner error is the first place that is broken.
pub fn verify(file: impl BufRead, expected: &Expected) -> io::Result<Result<Verified, Broken>> {
    let mut rows = Rows { file, format: None };
    let first = rows.next()?;
    let (signed, header, public_key) = match begin(first.as_deref().unwrap_or_default(), expected) {
        Ok(begun) => begun,
        Err(broken) => return Ok(Err(broken)),
    };
    rows.format = Some(signed);
    if signed == Format::Csv {
        let names = rows.next()?.unwrap_or_default();
        if csv_cells(&names).is_none_or(|names| names != COLUMNS) {
            return Ok(Err(Broken {
                number: None,
                what: "the row with the names of the columns was changed".to_owned(),
            }));
        }
    }
    let mut chain = match Chain::new(header, expected.head) {
        Ok(chain) => chain,
        Err(broken) => return Ok(Err(broken)),
    };
    while let Some(row) = rows.next()? {
        if let Err(what) = chain.add(&row, signed) {
            return Ok(Err(Broken { number: Some(chain.last.number + 1), what }));
        }
    }
    Ok(chain.end(public_key))
}

/// Checks the first line. Returns the format, its content, and the key that signed it.
fn begin(line: &[u8], expected: &Expected) -> Result<(Format, Header, PublicKey), Broken> {
    let broken = |what: &str| Broken { number: None, what: what.to_owned() };
    let (signed, format) = Signed::read(line)
        .ok_or_else(|| broken("it is missing or was changed, or this is no export of an audit log"))?;
    let header: Header = serde_json::from_str(signed.export.get()).map_err(|_| broken("it was changed"))?;
    if header.format != FORMAT {
        return Err(broken("it is of another version of the format"));
    }
    let key = HEXLOWER.decode(header.public_key.as_bytes()).ok().and_then(|key| PublicKey::from_bytes(&key));
    let key = key.ok_or_else(|| broken("its public key was changed"))?;
    if !signed.is_of(&key) {
        return Err(broken("its signature is invalid: the line was changed"));
    }
    match expected.public_key {
        Some(known) if known != key => Err(broken("another key signed it than the one that was given")),
        _ => Ok((format, header, key)),
    }
}

/// The rows of a file: lines, or rows of CSV, whose cells may contain line breaks.
struct Rows<R> {
    file: R,
    /// None for the first row, which decides it.
    format: Option<Format>,
}

impl<R: BufRead> Rows<R> {
    /// The next row with its line break; none at the end.
    fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        let (mut row, mut within_cell) = (Vec::new(), false);
        loop {
            let begun = row.len();
            let read = self.file.read_until(b'\n', &mut row)?;
            within_cell = row[begun..].iter().fold(within_cell, |within, byte| within != (*byte == b'"'));
            if read == 0 || self.format != Some(Format::Csv) || !within_cell {
                return Ok((!row.is_empty()).then_some(row));
            }
        }
    }
}

/// The chain up to a row of the file.
struct Chain {
    header: Header,
    /// The entry that was read last.
    last: Head,
    /// The entry with which the export ends.
    head: Head,
    /// An entry that the reader knows, and whether it was found.
    known: Option<Head>,
    erased: u64,
}

impl Chain {
    fn new(header: Header, known: Option<Head>) -> Result<Self, Broken> {
        let (Some(start), Some(head)) = (header.start.head(), header.head.head()) else {
            return Err(Broken { number: None, what: "it was changed".to_owned() });
        };
        if known.is_some_and(|known| known.number == start.number && known != start) {
            let what = "it was rewritten: it has another hash than the one that was given".to_owned();
            return Err(Broken { number: Some(start.number), what });
        }
        Ok(Self { header, last: start, head, known, erased: 0 })
    }

    /// Adds the next row, with its line break.
    fn add(&mut self, row: &[u8], format: Format) -> Result<(), String> {
        let expected = self.last.number + 1;
        let record = match format {
            Format::Jsonl => row.strip_suffix(b"\n").and_then(Record::from_json),
            Format::Csv => Record::from_csv(row),
        };
        let record = record.ok_or("the line was changed or cut off")?;
        if expected > self.head.number {
            return Err(format!("a line was added behind the last entry, which is entry {}", self.head.number));
        }
        if record.number > expected {
            return Err(format!("it is missing; entry {} ({}) follows", record.number, record.id));
        }
        if record.number < expected {
            return Err(format!("entry {} ({}) is at its place", record.number, record.id));
        }
        let hash = record.digest(TenantId::new(self.header.organization), &self.last.hash);
        if HEXLOWER.encode(&hash) != record.hash {
            return Err(format!("it was changed (id {}): its content does not have the hash of the entry", record.id));
        }
        self.readable_check(&record)?;
        if self.known.is_some_and(|known| known.number == expected && known.hash != hash) {
            return Err(format!(
                "it was rewritten (id {}): it has another hash than the one that was given",
                record.id
            ));
        }
        self.last = Head { number: expected, hash };
        Ok(())
    }

    /// Compares the readable personal data with the digests in the hashed content.
    fn readable_check(&mut self, record: &Record) -> Result<(), String> {
        let changed = || format!("its readable personal data was changed (id {})", record.id);
        let items = record.items().ok_or_else(changed)?;
        if items.len() != record.readable.len() {
            return Err(changed());
        }
        let mut erased = false;
        for (item, readable) in items.iter().zip(&record.readable) {
            let destroyed = self.header.erased.contains(&item.person);
            let right = readable.as_ref().map_or(destroyed, |readable| readable.belongs_to(item));
            if !right {
                return Err(changed());
            }
            erased |= readable.is_none();
        }
        self.erased += u64::from(erased);
        Ok(())
    }

    fn end(self, public_key: PublicKey) -> Result<Verified, Broken> {
        let Self { header, last, head, known, erased } = self;
        let broken = |number: i64, what: String| Err(Broken { number: Some(number), what });
        if last.number < head.number {
            let what = format!("it is missing: the file ends before it, and the chain has {} entries", head.number);
            return broken(last.number + 1, what);
        }
        if last.hash != head.hash {
            let what = "its hash is not the one that was signed: it or an earlier entry was changed, with its hash";
            return broken(last.number, what.to_owned());
        }
        let first = header.start.number + 1;
        if let Some(Head { number, .. }) =
            known.filter(|known| !(header.start.number..=head.number).contains(&known.number))
        {
            return broken(number, format!("the export does not contain it, only entries {first} to {}", head.number));
        }
        let Header { organization, exported_at, cut, .. } = header;
        Ok(Verified { organization, exported_at, cut: cut.number, first, head, erased, public_key })
    }
}

/// Reads `number:hash`, as operators write and read a head.
impl std::str::FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "expected the number of an entry and its hash: 17:4f0c…".to_owned();
        let (number, hash) = text.split_once(':').ok_or_else(wrong)?;
        let hash: Option<Hash> = HEXLOWER.decode(hash.as_bytes()).ok().and_then(|hash| hash.try_into().ok());
        Ok(Self { number: number.parse().map_err(|_| wrong())?, hash: hash.ok_or_else(wrong)? })
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, HEXLOWER.encode(&self.hash))
    }
}
