//! The error codes of files, and what an error of the file store means for a caller.

use std::{error, io, time::Duration};

use freehold_core::{Code, Error};

/// The disk or the bucket is full, or its own quota is used up.
pub const FILE_STORE_FULL: Code = Code::new("file_store_full", 507, "The server's file store is full");
/// The range of a request begins after the end of the file.
pub const RANGE_NOT_SATISFIABLE: Code =
    Code::new("range_not_satisfiable", 416, "The file does not have the requested range");
/// The signature of a link to a file is wrong, or what granted the link no longer may.
pub const FILE_LINK_INVALID: Code = Code::new("file_link_invalid", 403, "The link to the file is invalid");
/// A link to a file has expired.
pub const FILE_LINK_EXPIRED: Code = Code::new("file_link_expired", 403, "The link to the file has expired");

/// All error codes of files.
pub const CODES: &[Code] = &[FILE_STORE_FULL, RANGE_NOT_SATISFIABLE, FILE_LINK_INVALID, FILE_LINK_EXPIRED];

/// Words in the answer of an S3 whose disk or quota is full: MinIO's `XMinioStorageFull`, Ceph's and Garage's
/// `QuotaExceeded`, and the status 507.
const FULL: [&str; 4] = ["StorageFull", "QuotaExceeded", "InsufficientStorage", "507 Insufficient Storage"];

/// When a caller may try again after the file store failed.
const AGAIN: Duration = Duration::from_secs(5);

/// The error for a caller whose object could not be written or read. The cause, which names paths, is for the log.
#[track_caller]
pub(crate) fn store_failed(cause: object_store::Error) -> Error {
    if is_full(&cause) {
        let message = "The server's file store is full. Nothing was stored. Tell the operator, or try again later.";
        return Error::new(FILE_STORE_FULL, message).caused_by(cause);
    }
    Error::unavailable(AGAIN, cause)
}

/// Whether an error says that the disk or the bucket is full.
fn is_full(cause: &object_store::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    let mut next: Option<&(dyn error::Error + 'static)> = Some(cause);
    while let Some(error) = next {
        let full = |kind| matches!(kind, StorageFull | QuotaExceeded | FileTooLarge);
        if error.downcast_ref::<io::Error>().is_some_and(|error| full(error.kind())) {
            return true;
        }
        next = error.source();
    }
    let text = cause.to_string();
    FULL.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Write};

    use super::*;

    fn of(source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Code {
        store_failed(object_store::Error::Generic { store: "test", source: source.into() }).code()
    }

    #[test]
    fn a_full_disk_is_told_from_a_broken_one() {
        let full = File::options().write(true).open("/dev/full").unwrap().write_all(b"x").unwrap_err();
        assert_eq!(of(full), FILE_STORE_FULL);
        assert_eq!(of(io::Error::from(io::ErrorKind::QuotaExceeded)), FILE_STORE_FULL);
        assert_eq!(of(io::Error::from(io::ErrorKind::PermissionDenied)).status, 503);
    }

    #[test]
    fn a_full_bucket_is_told_from_a_broken_one() {
        assert_eq!(of("Server returned error response: <Code>XMinioStorageFull</Code>"), FILE_STORE_FULL);
        assert_eq!(of("Server returned error response: <Code>InternalError</Code>").status, 503);
    }
}
