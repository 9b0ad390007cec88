//! Receives the content of a file and writes its object.

use std::{error, pin::pin, time::Duration};

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use freehold_core::{Error, Result, codes};
use freehold_metering::usage::Allowance;
use futures_util::{Stream, StreamExt};
use jiff::SignedDuration;

use super::{Upload, Uploaded, too_large};
use crate::storage::Writer;

/// How often an upload renews the time at which its row is due. A slow client sends nothing for a while.
const RENEWED_EVERY: SignedDuration = SignedDuration::from_mins(1);

impl Upload {
    /// Writes the object from the chunks of `body`. At most two parts of 8 MiB are in memory.
    ///
    /// # Errors
    /// `quota_exceeded` and `body_too_large` for a body that turns out too large; `file_store_full`; `unavailable` when
    /// the file store does not answer; `malformed_request` when the body ends early. Nothing is left behind then.
    pub async fn write<E>(mut self, body: impl Stream<Item = Result<Bytes, E>> + Send) -> Result<Uploaded>
    where
        E: Into<Box<dyn error::Error + Send + Sync>>,
    {
        match self.receive(body).await {
            Ok((size, sha256)) => Ok(Uploaded { upload: self, size, sha256 }),
            Err(error) => {
                self.abandon().await;
                Err(error)
            }
        }
    }

    async fn receive<E>(&mut self, body: impl Stream<Item = Result<Bytes, E>> + Send) -> Result<(i64, Vec<u8>)>
    where
        E: Into<Box<dyn error::Error + Send + Sync>>,
    {
        let mut body = pin!(body);
        let mut writer = Writer::new(self.storage.clone(), self.path());
        let (mut size, mut hash) = (0_i64, Context::new(&SHA256));
        while let Some(chunk) = self.next(&mut body).await {
            let mut chunk = chunk.map_err(|cause| ended_early().caused_by(cause))?;
            size = size.saturating_add(i64::try_from(chunk.len()).unwrap_or(i64::MAX));
            self.size_check(size)?;
            hash.update(&chunk);
            while !chunk.is_empty() {
                writer.add(&mut chunk);
                if !chunk.is_empty() {
                    self.flush(&mut writer).await?;
                }
            }
        }
        if self.size.is_some_and(|declared| declared != size) {
            return Err(ended_early());
        }
        // Completing an object of many parts may take an S3 minutes.
        self.renew().await?;
        writer.finish().await?;
        Ok((size, hash.finish().as_ref().to_vec()))
    }

    /// The next chunk of the body; meanwhile the upload is renewed.
    async fn next<S: Stream + Unpin>(&mut self, body: &mut S) -> Option<S::Item> {
        let every = Duration::try_from(RENEWED_EVERY).unwrap_or_default();
        loop {
            if let Ok(chunk) = tokio::time::timeout(every, body.next()).await {
                return chunk;
            }
            // When the sweep has taken the row, or the database is away, the end of the upload will tell.
            let _ = self.renew().await;
        }
    }

    fn size_check(&self, size: i64) -> Result<()> {
        if size > self.most {
            return Err(too_large(self.most));
        }
        match self.room {
            Some(room) if size > room && self.size.is_none() => {
                Err(self.allowance.as_ref().map_or_else(|| too_large(room), Allowance::exhausted))
            }
            _ => Ok(()),
        }
    }

    /// Writes a full part.
    async fn flush(&mut self, writer: &mut Writer) -> Result<()> {
        if let Some(multipart) = writer.begin_parts().await? {
            self.multipart = Some(multipart);
            self.renew().await?;
        } else if self.db.clock().now().duration_since(self.renewed_at) >= RENEWED_EVERY {
            self.renew().await?;
        }
        writer.flush().await
    }
}

#[track_caller]
fn ended_early() -> Error {
    let message = "The connection ended before the file was complete. Nothing was stored. Upload the file again.";
    Error::new(codes::MALFORMED_REQUEST, message)
}
