//! A chain as a file, with everything that its verification needs. The first line is signed: it says which entries
//! follow, from which hash to which, and whose personal data was erased.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use freehold_core::{Caller, Context, Error, Result, codes};
use freehold_module::{ExportFile, Infra};
use freehold_vault::PublicKey;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use super::{
    EntryRow,
    chain::tenant_chain,
    head::{AUDIT_HEAD, Chain, Head, SignedHead, whole},
    keys_load,
    person::{Keys, Place},
    record::{COLUMNS, Hash, NO_HASH, Record, csv_cells, csv_row, instant},
    store,
};

/// The first words of every export.
pub(super) const FORMAT: &str = "freehold audit export 1";
/// How many entries one query reads.
const ROWS: i64 = 500;

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object on each line.
    Jsonl,
    /// A table for spreadsheets.
    Csv,
}

/// A place in a chain, as exports have it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Point {
    pub(super) number: i64,
    /// In hexadecimal digits.
    pub(super) hash: String,
}

impl Point {
    fn new(head: Head) -> Self {
        Self { number: head.number, hash: HEXLOWER.encode(&head.hash) }
    }

    pub(super) fn head(&self) -> Option<Head> {
        let hash: Hash = HEXLOWER.decode(self.hash.as_bytes()).ok()?.try_into().ok()?;
        (self.number >= 0).then_some(Head { number: self.number, hash })
    }
}

/// What an export contains.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    pub(super) format: String,
    /// Id of the organization.
    pub(super) organization: Uuid,
    pub(super) exported_at: String,
    /// The last entry that was deleted because of its age; number 0: none was.
    pub(super) cut: Point,
    /// The entry before the first one of the export; number 0: the chain's beginning.
    pub(super) start: Point,
    /// The last entry of the export, and of the chain at that time.
    pub(super) head: Point,
    /// The keys of personal data that were destroyed. Other personal data is readable in the export.
    pub(super) erased: Vec<Uuid>,
    /// In hexadecimal digits.
    pub(super) public_key: String,
}

/// The signed first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signed {
    /// The text of a [`Header`].
    pub(super) export: Box<RawValue>,
    /// Ed25519 over it, in hexadecimal digits.
    pub(super) signature: String,
}

impl Signed {
    /// What is signed for the text of a header.
    fn message(header: &str) -> String {
        format!("{FORMAT}\n{header}\n")
    }

    /// Whether the holder of this key signed the line.
    pub(super) fn is_of(&self, key: &PublicKey) -> bool {
        let signature = HEXLOWER.decode(self.signature.as_bytes()).unwrap_or_default();
        key.verify(Self::message(self.export.get()).as_bytes(), &signature)
    }

    /// The first lines of an export.
    fn write(&self, format: Format) -> Result<Vec<u8>> {
        let line = serde_json::to_string(self).context("writing an export of the audit")?;
        Ok(match format {
            Format::Jsonl => format!("{line}\n").into_bytes(),
            Format::Csv => [csv_row(&[format!("# {line}")])?, csv_row(&COLUMNS.map(str::to_owned))?].concat(),
        })
    }

    /// The signed line of an export's first line, with its format.
    pub(super) fn read(line: &[u8]) -> Option<(Self, Format)> {
        let (text, format) = match line.first()? {
            b'{' => (String::from_utf8(line.to_vec()).ok()?, Format::Jsonl),
            _ => (csv_cells(line)?.first()?.strip_prefix("# ")?.to_owned(), Format::Csv),
        };
        let signed: Self = serde_json::from_str(&text).ok()?;
        signed.write(format).ok()?.starts_with(line).then_some((signed, format))
    }
}

/// An export that is being written, a piece at a time.
pub struct Export {
    infra: Infra,
    caller: Arc<Caller>,
    format: Format,
    /// The first lines; none once they were written.
    first: Option<Vec<u8>>,
    erased: Vec<Uuid>,
    /// Number of the last entry that was written.
    written: i64,
    /// Number of the last entry of the export.
    last: i64,
}

/// The audit in an export of the organization's data: the file that [`verify`](super::verify()) checks.
pub(crate) fn audit_files(infra: &Infra, caller: Arc<Caller>) -> BoxStream<'static, Result<ExportFile>> {
    let infra = infra.clone();
    let file = async move {
        let export = Export::begin(&infra, &caller, Format::Jsonl, None).await?;
        let content = stream::try_unfold(export, |mut export| async move {
            Ok(export.next().await?.map(|piece| (piece.into(), export)))
        });
        Ok(ExportFile { path: "audit.jsonl".to_owned(), size: None, compressed: true, content: content.boxed() })
    };
    stream::once(file).boxed()
}

/// Chains the committed entries of the caller's organization, and returns the signed head; none: there is no entry.
pub async fn audit_head(infra: &Infra, caller: &Caller) -> Result<Option<SignedHead>> {
    tenant_chain(infra, caller.tenant()).await?;
    Ok(chain_read(infra, caller).await?.and_then(|chain| chain.head))
}

async fn chain_read(infra: &Infra, caller: &Caller) -> Result<Option<Chain>> {
    let chain = infra.db.tenant(caller).fetch_optional(store::chain_head()).await?;
    chain.map(|chain| chain.read(&infra.vault, caller.tenant())).transpose()
}

impl Export {
    /// Begins an export of the caller's organization: of all entries, or from the first one since a time.
    ///
    /// # Errors
    /// `internal` when the chain was changed by other means than this program.
    pub async fn begin(infra: &Infra, caller: &Arc<Caller>, format: Format, since: Option<Timestamp>) -> Result<Self> {
        tenant_chain(infra, caller.tenant()).await?;
        let chain = chain_read(infra, caller).await?;
        let ends = |chain: Chain| (chain.deleted(), chain.last());
        let (cut, head) = chain.map_or((Head::NONE, Head::NONE), ends);
        let start = match since {
            None => cut,
            Some(since) => start(infra, caller, since, &[cut, head]).await?,
        };
        let erased = infra.db.tenant(caller).fetch_all(store::persons_erased()).await?;
        let erased: Vec<Uuid> = erased.into_iter().map(|(id,)| id).collect();
        let header = Header {
            format: FORMAT.to_owned(),
            organization: caller.tenant().uuid(),
            exported_at: instant(whole(infra.clock.now())),
            cut: Point::new(cut),
            start: Point::new(start),
            head: Point::new(head),
            erased: erased.clone(),
            public_key: HEXLOWER.encode(infra.vault.public_key(AUDIT_HEAD).as_bytes()),
        };
        let export = to_raw_value(&header).context("writing an export of the audit")?;
        let signature = infra.vault.sign(AUDIT_HEAD, Signed::message(export.get()).as_bytes());
        let first = Signed { export, signature: HEXLOWER.encode(&signature) }.write(format)?;
        Ok(Self {
            infra: infra.clone(),
            caller: caller.clone(),
            format,
            first: Some(first),
            erased,
            written: start.number,
            last: head.number,
        })
    }

    /// The next piece; none at the end.
    ///
    /// # Errors
    /// `conflict` when a user was erased meanwhile.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let read = store::chain_read(self.written, self.last, ROWS);
        let rows = self.infra.db.tenant(&self.caller).fetch_all(read).await?;
        let keys = keys_load(&self.infra.db, &self.infra.vault, &self.caller, &rows).await?;
        let mut piece = Vec::new();
        for row in rows {
            self.written = row.number.unwrap_or(self.written);
            let record = self.record(row, &keys)?;
            piece.extend(match self.format {
                Format::Jsonl => record.to_json()?,
                Format::Csv => record.to_csv()?,
            });
        }
        Ok((!piece.is_empty()).then_some(piece))
    }

    fn record(&self, row: EntryRow, keys: &Keys) -> Result<Record> {
        let place = Place::new(self.caller.tenant(), row.entry_id.uuid());
        let mut readable = Vec::new();
        for item in row.items()? {
            let content = keys.readable(&place, &item)?;
            if content.is_none() && !self.erased.contains(&item.person) {
                return Err(Error::new(codes::CONFLICT, "A user was erased during the export. Start it again."));
            }
            readable.push(content);
        }
        let hash = HEXLOWER.encode(row.hash.as_deref().unwrap_or_default());
        let (number, sealed) = (row.number.unwrap_or_default(), row.sealed.clone());
        let record = Record::of(row, number, sealed.unwrap_or_else(|| "[]".to_owned()))?;
        Ok(Record { readable, hash, ..record })
    }
}

/// The entry before the first one since this time. `ends` are the entry before the first one and the last one of all.
async fn start(infra: &Infra, caller: &Caller, since: Timestamp, ends: &[Head; 2]) -> Result<Head> {
    let tenant = infra.db.tenant(caller);
    let first = tenant.fetch_optional(store::chain_first(since)).await?.and_then(|(first,)| first);
    // Nothing happened since: an export without entries, from the last one to the last one.
    let number = first.map_or(ends[1].number, |first| first - 1);
    if let Some(end) = ends.iter().find(|end| end.number == number) {
        return Ok(*end);
    }
    let before = tenant.fetch_all(store::chain_read(number - 1, number, 1)).await?;
    let hash = before.into_iter().next().and_then(|entry| entry.hash?.try_into().ok());
    Ok(Head { number, hash: hash.unwrap_or(NO_HASH) })
}
