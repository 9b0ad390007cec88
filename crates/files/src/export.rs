//! The part of files in an export of an organization's data: their rows, and their content.

use std::{collections::VecDeque, sync::Arc};

use freehold_core::{Caller, Result};
use freehold_db::{Db, statements};
use freehold_module::{Export, ExportFile, ExportRow, ExportRows, FIRST_ID};
use futures_util::{
    StreamExt,
    stream::{BoxStream, try_unfold},
};
use uuid::Uuid;

use crate::{content::content_read, file::File, storage::Storage};

/// The rows of files.
pub(crate) const EXPORTS: &[Export] =
    &[Export { name: "files", first: FIRST_ID, rows: ExportRows::Tenant(files_export) }];

/// How many files one query reads.
const ROWS: i64 = 100;

statements! {
    /// Files as JSON.
    fn files_export(after: &str, rows: i64; tenant) -> ExportRow =
        "select r.id::text as key, to_json(r)::text as line from (
           select id, name, content_type, size, encode(sha256, 'hex') as sha256, created_at
           from freehold.files where tenant_id = $3 and id > $1::text::uuid and state = 'stored' and listed
           order by id limit $2
         ) as r order by r.id";

    /// Files whose content is exported.
    fn contents_page(after: Uuid, rows: i64; tenant) -> File =
        "select id, name, content_type, size, sha256, created_at
         from freehold.files where tenant_id = $3 and id > $1 and state = 'stored' and listed
         order by id limit $2";

    /// Whether a file is still stored.
    fn file_exists(id: Uuid; tenant) -> (bool,) =
        "select exists (select from freehold.files where tenant_id = $2 and id = $1 and state = 'stored')";
}

/// The files that have been read from the database and not yet from the file store.
struct Contents {
    db: Db,
    storage: Storage,
    caller: Arc<Caller>,
    page: VecDeque<File>,
    after: Uuid,
}

/// The content of all files of the caller's organization.
pub(crate) fn contents(db: Db, storage: Storage, caller: Arc<Caller>) -> BoxStream<'static, Result<ExportFile>> {
    let begin = Contents { db, storage, caller, page: VecDeque::new(), after: Uuid::nil() };
    try_unfold(begin, |mut contents| async move { Ok(contents.next().await?.map(|file| (file, contents))) }).boxed()
}

impl Contents {
    async fn next(&mut self) -> Result<Option<ExportFile>> {
        loop {
            if self.page.is_empty() {
                self.page = self.db.tenant(&self.caller).fetch_all(contents_page(self.after, ROWS)).await?.into();
            }
            let Some(file) = self.page.pop_front() else { return Ok(None) };
            self.after = file.id.uuid();
            let size = u64::try_from(file.size).unwrap_or_default();
            match content_read(&self.storage, &self.caller, &file, 0..size).await {
                Ok(content) => {
                    let (path, size, compressed) = (entry_path(&file), Some(size), false);
                    return Ok(Some(ExportFile { path, size, compressed, content: content.boxed() }));
                }
                // It was deleted since its row was read.
                Err(error) if self.is_stored(&file).await? => return Err(error),
                Err(_) => {}
            }
        }
    }

    async fn is_stored(&self, file: &File) -> Result<bool> {
        Ok(self.db.tenant(&self.caller).fetch_optional(file_exists(file.id.uuid())).await? == Some((true,)))
    }
}

/// Most bytes of a file's name in an archive: file systems accept 255.
const NAME_LONGEST: usize = 200;

/// Path of a file's content in an archive: a folder with its id, and its name, in which nothing leads out of the folder
/// or is refused by a file system. The name as it was uploaded is in the file's row.
fn entry_path(file: &File) -> String {
    let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let mut name: String = file.name.chars().map(|c| if forbidden(c) { '_' } else { c }).collect();
    let end = (0..=NAME_LONGEST.min(name.len())).rev().find(|&end| name.is_char_boundary(end)).unwrap_or_default();
    name.truncate(end);
    // Windows drops dots and spaces at the end, and nothing but dots is a folder.
    let name = name.trim_end_matches(['.', ' ']);
    format!("content/{}/{}", file.id, if name.is_empty() { "file" } else { name })
}

#[cfg(test)]
mod tests {
    use freehold_core::Id;
    use jiff::Timestamp;

    use super::*;

    fn path(name: &str) -> String {
        let (content_type, sha256) = ("text/plain".to_owned(), vec![0; 32]);
        let file = File {
            id: Id::new(Uuid::nil()),
            name: name.to_owned(),
            content_type,
            size: 1,
            sha256,
            created_at: Timestamp::UNIX_EPOCH,
        };
        entry_path(&file).strip_prefix(&format!("content/{FIRST_ID}/")).unwrap().to_owned()
    }

    #[test]
    fn no_name_leads_out_of_the_folder_of_the_file() {
        assert_eq!(path("prices.csv"), "prices.csv");
        assert_eq!(path(".."), "file");
        assert_eq!(path(". . ."), "file");
        assert_eq!(path("C:\\a/..\\b?.txt"), "C__a_.._b_.txt");
        assert_eq!(path("Preisliste für März.pdf"), "Preisliste für März.pdf");
        assert_eq!(path(&"ü".repeat(255)), "ü".repeat(100));
    }
}
