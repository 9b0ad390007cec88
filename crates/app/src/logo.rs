//! The logo of an organization: an image in the file store that is not among its files and counts in no meter.

use std::{convert::Infallible, sync::Arc};

use bytes::Bytes;
use freehold_core::{Area, Caller, Error, OptionExt, Permission, Result, TenantId, codes};
use freehold_files::{
    FileId,
    archive::{archive_begin, archive_delete, archive_get, archive_store},
    file::File,
    upload::Uploaded,
};
use freehold_tenancy::tenant::{Tenant, tenant_has_logo, tenant_logo_set};
use futures_util::stream;
use imagesize::ImageType;

use crate::App;

/// Most bytes of a logo: 512 KiB.
pub const LARGEST: usize = 512 * 1024;

/// Most pixels on each side.
pub const WIDEST: usize = 2048;

/// The permission to change the logo.
const WRITE: Permission = Permission::write(Area::Organization);

/// A kind of image that a logo may be.
struct Kind {
    name: &'static str,
    content_type: &'static str,
}

/// Replaces the logo of the caller's organization. What the image is, its bytes say; the name and the content type that
/// a client gives it do not matter.
///
/// # Errors
/// `permission_denied`; `body_too_large`; `unsupported_media_type` for what is no PNG, JPEG or WebP, such as an SVG,
/// which can contain scripts; `validation_failed` for an image with too many pixels; the errors of the file store.
pub async fn logo_set(app: &App, caller: &Arc<Caller>, image: Bytes) -> Result<Tenant> {
    caller.allow(WRITE)?;
    caller.allow_change()?;
    let kind = image_check(&image)?;
    let storage = &app.files.storage;
    let upload = archive_begin(&app.db, storage, caller.clone(), kind.name, kind.content_type).await?;
    let uploaded = upload.write(stream::iter([Ok::<_, Infallible>(image)])).await?;
    let stored = store(app, caller, &uploaded).await;
    if stored.is_err() {
        uploaded.abandon().await;
    }
    stored
}

async fn store(app: &App, caller: &Caller, uploaded: &Uploaded) -> Result<Tenant> {
    let mut tx = app.db.tenant(caller).begin().await?;
    let file = archive_store(&mut tx, uploaded).await?;
    let (tenant, former) = tenant_logo_set(&mut tx, Some(file.id.uuid())).await?;
    if let Some(former) = former {
        archive_delete(&mut tx, FileId::new(former)).await?;
    }
    tx.commit().await?;
    Ok(tenant)
}

/// Removes the logo of the caller's organization, if it has one.
///
/// # Errors
/// `permission_denied`.
pub async fn logo_remove(app: &App, caller: &Caller) -> Result<()> {
    caller.allow(WRITE)?;
    caller.allow_change()?;
    let mut tx = app.db.tenant(caller).begin().await?;
    let (_, former) = tenant_logo_set(&mut tx, None).await?;
    if let Some(former) = former {
        archive_delete(&mut tx, FileId::new(former)).await?;
    }
    tx.commit().await
}

/// The logo that an organization has now, for anyone who has its address, and the caller who reads it.
///
/// # Errors
/// `not_found` for an organization that does not exist, and for a file that is not its logo.
pub async fn logo_get(app: &App, tenant: TenantId, file: FileId) -> Result<(Arc<Caller>, File)> {
    let mut tx = app.db.system("serve the logo of an organization").begin().await?;
    let is_logo = tenant_has_logo(&mut tx, tenant, file.uuid()).await?;
    drop(tx);
    let caller = if is_logo { app.system_caller(tenant, "serve a logo").await? } else { None };
    let caller = caller.or_not_found("logo")?;
    let file = archive_get(&app.db, &caller, file).await?;
    Ok((caller, file))
}

/// The path of an organization's logo, which another logo does not have; none: it has no logo.
pub fn logo_path(tenant: TenantId, logo: Option<uuid::Uuid>) -> Option<String> {
    logo.map(|file| format!("/logos/{tenant}/{file}"))
}

/// The kind of an image, by its bytes.
fn image_check(image: &[u8]) -> Result<Kind> {
    if image.len() > LARGEST {
        let message =
            format!("The logo is too large: {} bytes. Send an image of at most {LARGEST} bytes.", image.len());
        return Err(Error::new(codes::BODY_TOO_LARGE, message));
    }
    let kind = match imagesize::image_type(image) {
        Ok(ImageType::Png) => Kind { name: "logo.png", content_type: "image/png" },
        Ok(ImageType::Jpeg) => Kind { name: "logo.jpg", content_type: "image/jpeg" },
        Ok(ImageType::Webp) => Kind { name: "logo.webp", content_type: "image/webp" },
        _ => {
            let message = "The logo is no PNG, JPEG or WebP image. Send one of these; an SVG is not accepted.";
            return Err(Error::new(codes::UNSUPPORTED_MEDIA_TYPE, message));
        }
    };
    match imagesize::blob_size(image) {
        Ok(size) if (1..=WIDEST).contains(&size.width) && (1..=WIDEST).contains(&size.height) => Ok(kind),
        Ok(size) => {
            let expected = format!("expected 1 to {WIDEST} pixels on each side, not {} × {}", size.width, size.height);
            Err(Error::invalid("", expected))
        }
        Err(_) => Err(Error::invalid("", "the image is incomplete: its size cannot be read")),
    }
}
