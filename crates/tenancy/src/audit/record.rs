//! An entry as its chain has it: texts over which its hash is, and their form in an export. Needs no database, so that
//! an export can be verified where there is none.

use data_encoding::HEXLOWER;
use freehold_core::{Context, Error, Result, TenantId};
use freehold_vault::sha256;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use super::EntryRow;

/// The hash of an entry: SHA-256.
pub type Hash = [u8; 32];

/// The hash before the first entry of a chain.
pub(super) const NO_HASH: Hash = [0; 32];

/// The columns of an export as CSV.
pub(super) const COLUMNS: [&str; 13] = [
    "number",
    "id",
    "at",
    "actor_kind",
    "actor_id",
    "action",
    "subject",
    "detail",
    "before",
    "after",
    "personal",
    "readable",
    "hash",
];

/// An entry of a chain. JSON values are the texts that Postgres has for them, so a hash never depends on how a program
/// writes numbers or orders fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// The number in the chain, from 1.
    pub(super) number: i64,
    /// The entry's id.
    pub(super) id: Uuid,
    /// When the change was made: `2026-03-15T12:00:00.000000Z`.
    pub(super) at: String,
    /// `user`, `key`, `service`, `operator` or `system`.
    pub(super) actor_kind: String,
    /// Id of the actor; none for Freehold itself.
    pub(super) actor_id: Option<String>,
    /// The kind of change.
    pub(super) action: String,
    /// The id or name of what was changed.
    pub(super) subject: Option<String>,
    /// Further facts about the change.
    pub(super) detail: Box<RawValue>,
    /// The values before the change.
    pub(super) before: Option<Box<RawValue>>,
    /// The values after the change.
    pub(super) after: Option<Box<RawValue>>,
    /// The personal data, encrypted: a list of [`Item`]s.
    pub(super) personal: Box<RawValue>,
    /// For each of them its content; null where the key was destroyed. The digests of `personal` cover it.
    pub(super) readable: Vec<Option<Readable>>,
    /// The hash, in hexadecimal digits.
    pub(super) hash: String,
}

/// Personal data of one user or address in an entry, encrypted under the key of that user or address.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    /// Id of the key.
    pub(super) person: Uuid,
    /// The names of the values: `client.address`, `detail.email`.
    pub(super) fields: Vec<String>,
    /// SHA-256 over the salt and the text of the values, in hexadecimal digits. It shows that values belong to the
    /// entry; without the salt it tells nothing about them.
    pub(super) digest: String,
    /// The salt and the values, encrypted, in base64.
    pub(super) sealed: String,
}

/// The content of an [`Item`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Readable {
    /// 16 random bytes, in hexadecimal digits.
    pub(super) salt: String,
    /// The values by their names, as a JSON object.
    pub(super) values: Box<RawValue>,
}

impl Readable {
    /// Whether this is the content of the item.
    pub(super) fn belongs_to(&self, item: &Item) -> bool {
        let salt = HEXLOWER.decode(self.salt.as_bytes()).unwrap_or_default();
        salt.len() == 16 && HEXLOWER.encode(&sha256(&[&salt, self.values.get().as_bytes()])) == item.digest
    }
}

/// JSON from a text that Postgres returned.
pub(super) fn raw(text: String) -> Result<Box<RawValue>> {
    RawValue::from_string(text).context("reading JSON of an audit entry")
}

/// A time as hashes and signatures have it, in microseconds as the database: `2026-03-15T12:00:00.000000Z`.
pub(super) fn instant(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

impl Record {
    /// The entry of a row with its number and its encrypted personal data, without its hash and without what is
    /// readable of that data.
    pub(super) fn of(row: EntryRow, number: i64, personal: String) -> Result<Self> {
        let EntryRow { entry_id, at, actor_kind, actor_id, action, subject, detail, before, after, .. } = row;
        Ok(Self {
            number,
            id: entry_id.uuid(),
            at: instant(at),
            actor_kind,
            actor_id: actor_id.map(|id| id.to_string()),
            action,
            subject,
            detail: raw(detail)?,
            before: before.map(raw).transpose()?,
            after: after.map(raw).transpose()?,
            personal: raw(personal)?,
            readable: Vec::new(),
            hash: String::new(),
        })
    }

    /// The hash over the entry before it and the content of this one. Each text has its length before it, so no two
    /// contents are one sequence of bytes.
    pub(super) fn digest(&self, tenant: TenantId, previous: &Hash) -> Hash {
        let json = |value: &Option<Box<RawValue>>| value.as_ref().map(|value| value.get().to_owned());
        let texts = [
            Some(tenant.to_string()),
            Some(self.number.to_string()),
            Some(self.id.to_string()),
            Some(self.at.clone()),
            Some(self.actor_kind.clone()),
            self.actor_id.clone(),
            Some(self.action.clone()),
            self.subject.clone(),
            Some(self.detail.get().to_owned()),
            json(&self.before),
            json(&self.after),
            Some(self.personal.get().to_owned()),
        ];
        let mut bytes = b"freehold audit entry 1\n".to_vec();
        bytes.extend_from_slice(previous);
        for text in texts {
            // No text has this length, so it says that there is none.
            let length = text.as_ref().map_or(u64::MAX, |text| text.len() as u64);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
        }
        sha256(&[&bytes])
    }

    /// The items of the personal data.
    pub(super) fn items(&self) -> Option<Vec<Item>> {
        serde_json::from_str(self.personal.get()).ok()
    }

    /// The entry as a line of JSON, with the line break.
    pub(super) fn to_json(&self) -> Result<Vec<u8>> {
        let mut line = serde_json::to_vec(self).context("writing an audit entry")?;
        line.push(b'\n');
        Ok(line)
    }

    /// The entry of a line that [`to_json`](Self::to_json) wrote, without its line break. None: nothing it writes looks
    /// like this.
    pub(super) fn from_json(line: &[u8]) -> Option<Self> {
        let record: Self = serde_json::from_slice(line).ok()?;
        let same = record.to_json().ok()?;
        (same.strip_suffix(b"\n")? == line).then_some(record)
    }

    /// The entry as a row of CSV, with the line break.
    pub(super) fn to_csv(&self) -> Result<Vec<u8>> {
        let json = |value: &Option<Box<RawValue>>| value.as_ref().map_or(String::new(), |value| value.get().to_owned());
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        csv_row(&[
            self.number.to_string(),
            self.id.to_string(),
            self.at.clone(),
            self.actor_kind.clone(),
            text(&self.actor_id),
            self.action.clone(),
            // An empty subject is not the same as none, and a cell of a spreadsheet that begins with = is a formula.
            self.subject.as_ref().map_or(String::new(), |subject| format!("'{subject}")),
            self.detail.get().to_owned(),
            json(&self.before),
            json(&self.after),
            self.personal.get().to_owned(),
            to_raw_value(&self.readable).context("writing an audit entry")?.get().to_owned(),
            self.hash.clone(),
        ])
    }

    /// The entry of a row that [`to_csv`](Self::to_csv) wrote. None: nothing it writes looks like this.
    pub(super) fn from_csv(row: &[u8]) -> Option<Self> {
        let cells = csv_cells(row)?;
        let [number, id, at, actor_kind, actor_id, action, subject, detail, before, after, personal, readable, hash] =
            <[String; COLUMNS.len()]>::try_from(cells).ok()?;
        let json = |text: String| RawValue::from_string(text).ok();
        let maybe = |text: String| if text.is_empty() { Some(None) } else { json(text).map(Some) };
        let record = Self {
            number: number.parse().ok()?,
            id: id.parse().ok()?,
            at,
            actor_kind,
            actor_id: Some(actor_id).filter(|id| !id.is_empty()),
            action,
            subject: if subject.is_empty() { None } else { Some(subject.strip_prefix('\'')?.to_owned()) },
            detail: json(detail)?,
            before: maybe(before)?,
            after: maybe(after)?,
            personal: json(personal)?,
            readable: serde_json::from_str(&readable).ok()?,
            hash,
        };
        (record.to_csv().ok()? == row).then_some(record)
    }
}

/// A row of CSV with its line break.
pub(super) fn csv_row(cells: &[String]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(cells).context("writing an audit entry as CSV")?;
    writer.into_inner().map_err(|error| Error::internal(format!("writing an audit entry as CSV: {error}")))
}

/// The cells of one row of CSV; none for anything else.
pub(super) fn csv_cells(row: &[u8]) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(row);
    let mut records = reader.records();
    let record = records.next()?.ok()?;
    records.next().is_none().then(|| record.iter().map(str::to_owned).collect())
}
