//! The table of contents of an archive, with a checksum for each of its files.

use freehold_core::{Context, Result};
use serde::Serialize;
use serde_json::{Map, Value};

/// The first field of every manifest.
pub(super) const FORMAT: &str = "freehold export 1";
/// Path of the manifest in the archive.
pub(super) const PATH: &str = "manifest.json";

/// A file of the archive.
#[derive(Serialize)]
pub(super) struct Entry<'a> {
    /// Path in the archive.
    pub(super) path: &'a str,
    /// Size in bytes, unpacked.
    pub(super) size: u64,
    /// SHA-256 hash of the content, in hexadecimal digits.
    pub(super) sha256: &'a str,
    /// Number of rows; none for a file that is none of JSON lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rows: Option<u64>,
}

/// A manifest that is being written. It keeps the text of its entries, a line each.
pub(super) struct Manifest {
    head: Map<String, Value>,
    entries: Vec<u8>,
    files: i64,
    rows: u64,
    size: u64,
}

impl Manifest {
    /// A manifest that begins with these fields.
    pub(super) fn new(head: Map<String, Value>) -> Self {
        Self { head, entries: Vec::new(), files: 0, rows: 0, size: 0 }
    }

    pub(super) fn add(&mut self, entry: &Entry<'_>) -> Result<()> {
        if !self.entries.is_empty() {
            self.entries.extend_from_slice(b",\n    ");
        }
        serde_json::to_writer(&mut self.entries, entry).context("writing the manifest of an export")?;
        self.files += 1;
        self.rows += entry.rows.unwrap_or_default();
        self.size += entry.size;
        Ok(())
    }

    /// Number of files and rows that were added.
    pub(super) fn counts(&self) -> (i64, u64) {
        (self.files, self.rows)
    }

    /// The manifest as JSON.
    pub(super) fn into_json(self) -> Vec<u8> {
        let Self { head, entries, files, rows, size } = self;
        let mut json = format!("{{\n  \"format\": \"{FORMAT}\",\n").into_bytes();
        for (name, value) in &head {
            let (name, value) = (Value::from(name.as_str()), value);
            json.extend_from_slice(format!("  {name}: {value},\n").as_bytes());
        }
        let counts = format!("  \"files\": {files},\n  \"rows\": {rows},\n  \"size\": {size},\n  \"entries\": [\n    ");
        json.extend_from_slice(counts.as_bytes());
        json.extend_from_slice(&entries);
        json.extend_from_slice(b"\n  ]\n}\n");
        json
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_manifest_is_json_with_all_entries() {
        let head = json!({ "organization": "x \"y\"" }).as_object().unwrap().clone();
        let mut manifest = Manifest::new(head);
        manifest.add(&Entry { path: "a/b.jsonl", size: 10, sha256: "00", rows: Some(2) }).unwrap();
        manifest.add(&Entry { path: "c", size: 5, sha256: "ff", rows: None }).unwrap();
        assert_eq!(manifest.counts(), (2, 2));
        let read: Value = serde_json::from_slice(&manifest.into_json()).unwrap();
        let expected = json!({
            "format": FORMAT, "organization": "x \"y\"", "files": 2, "rows": 2, "size": 15,
            "entries": [
                { "path": "a/b.jsonl", "size": 10, "sha256": "00", "rows": 2 },
                { "path": "c", "size": 5, "sha256": "ff" },
            ],
        });
        assert_eq!(read, expected);
        let empty: Value = serde_json::from_slice(&Manifest::new(Map::new()).into_json()).unwrap();
        assert_eq!(empty["entries"], json!([]));
    }
}
