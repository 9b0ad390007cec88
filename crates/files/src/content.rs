//! The content of a file, whole or in part.

use std::{fmt, ops::Range, time::Duration};

use bytes::Bytes;
use freehold_core::{Caller, Error, Result};
use futures_util::{Stream, StreamExt, future::ready, stream};

use crate::{file::File, path::ObjectPath, storage::Storage};

/// Which bytes of a file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of them.
    Whole,
    /// These, which the file has.
    Range(Range<u64>),
    /// The file does not have what was requested.
    Missing,
}

impl Part {
    /// The part that the header `Range` of a request for a file of `size` bytes asks for (RFC 9110, section 14). A header
    /// that is malformed, has another unit or asks for several ranges is ignored, as the RFC allows.
    pub fn read(header: Option<&str>, size: u64) -> Self {
        let Some(range) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else { return Self::Whole };
        let Some((first, last)) = range.split_once('-') else { return Self::Whole };
        let number = |text: &str| text.trim().bytes().all(|byte| byte.is_ascii_digit()).then(|| text.trim().to_owned());
        let (Some(first), Some(last)) = (number(first), number(last)) else { return Self::Whole };
        // A number that is too large for the type is larger than every file.
        let of = |text: &str| text.parse().unwrap_or(u64::MAX);
        let range = match (first.as_str(), last.as_str()) {
            ("", "") => return Self::Whole,
            ("", last) => size.saturating_sub(of(last))..size,
            (first, "") => of(first)..size,
            (first, last) if of(last) < of(first) => return Self::Whole,
            (first, last) => of(first)..of(last).saturating_add(1).min(size),
        };
        if range.start < range.end { Self::Range(range) } else { Self::Missing }
    }
}

/// The value of the header `Content-Range`.
#[derive(Clone, Debug)]
pub struct ContentRange {
    /// The bytes that are sent; none: the file does not have what was requested.
    pub range: Option<Range<u64>>,
    /// Size of the file, in bytes.
    pub size: u64,
}

impl fmt::Display for ContentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.range {
            Some(range) => write!(f, "bytes {}-{}/{}", range.start, range.end - 1, self.size),
            None => write!(f, "bytes */{}", self.size),
        }
    }
}

/// Reads these bytes of a file, in constant memory: each chunk is fetched when the one before was taken. The first one is
/// fetched now, so that a file store which does not answer is an error and not a broken answer.
///
/// # Errors
/// `unavailable`.
pub async fn content_read(
    storage: &Storage,
    caller: &Caller,
    file: &File,
    range: Range<u64>,
) -> Result<impl Stream<Item = Result<Bytes>> + Send + use<>> {
    let (storage, path) = (storage.clone(), ObjectPath::new(caller.tenant(), file.id));
    let first = piece(&storage, &path, range).await?;
    let Some((first, rest)) = first else { return Ok(stream::empty().left_stream()) };
    let others = stream::try_unfold(rest, move |range| {
        let (storage, path) = (storage.clone(), path.clone());
        async move { piece(&storage, &path, range).await }
    });
    Ok(stream::once(ready(Ok(first))).chain(others).right_stream())
}

/// The first piece of a range, and the rest of the range; none: the range is empty.
async fn piece(storage: &Storage, path: &ObjectPath, range: Range<u64>) -> Result<Option<(Bytes, Range<u64>)>> {
    if range.is_empty() {
        return Ok(None);
    }
    let end = range.end.min(range.start.saturating_add(storage.piece()));
    let bytes = storage.read(path, range.start..end).await?;
    if u64::try_from(bytes.len()).ok() == Some(end - range.start) {
        return Ok(Some((bytes, end..range.end)));
    }
    Err(Error::internal(format!("the object {path} is shorter than its row says")))
}

/// How long an address of the S3 is valid. The client follows it at once, and what it downloads then may take longer.
const REDIRECT: Duration = Duration::from_mins(1);

/// An address of the S3 from which the file can be downloaded for a minute; none: the objects are in a folder.
pub async fn content_url(storage: &Storage, caller: &Caller, file: &File) -> Result<Option<String>> {
    let query = [
        ("response-content-disposition", file.content_disposition()),
        ("response-content-type", file.content_type.clone()),
    ];
    storage.signed_url(&ObjectPath::new(caller.tenant(), file.id), REDIRECT, query).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_the_rfc_says() {
        for (header, expected) in [
            ("bytes=0-499", Part::Range(0..500)),
            ("bytes=500-999", Part::Range(500..1000)),
            ("bytes=500-5000", Part::Range(500..1000)),
            ("bytes=-200", Part::Range(800..1000)),
            ("bytes=-5000", Part::Range(0..1000)),
            ("bytes=999-", Part::Range(999..1000)),
            ("bytes=0-0", Part::Range(0..1)),
            ("bytes=0-99999999999999999999999", Part::Range(0..1000)),
            ("bytes=1000-", Part::Missing),
            ("bytes=99999999999999999999999-", Part::Missing),
            ("bytes=-0", Part::Missing),
            ("bytes=5-4", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("lines=0-1", Part::Whole),
        ] {
            assert_eq!(Part::read(Some(header), 1000), expected, "{header}");
        }
        assert_eq!(Part::read(None, 1000), Part::Whole);
        assert_eq!(Part::read(Some("bytes=0-"), 0), Part::Missing);
    }
}
