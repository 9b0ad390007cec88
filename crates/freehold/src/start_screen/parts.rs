//! The parts of the server, and whether each is real or a local replacement.

use freehold_console::{Part, Standing};
use freehold_files::storage::StorageSettings;

use crate::{data_folder, database::Database, settings::Settings};

/// The parts of the server.
pub fn parts(settings: &Settings, database: &Database, payments: &Part) -> Vec<Part> {
    vec![
        stored(settings, database),
        files(settings),
        sign_in(settings),
        mail(settings, database),
        payments.clone(),
        secret_key(settings),
    ]
}

/// A part; `setting` is what an operator sets for a real one.
fn part(name: &str, now: String, standing: Standing, setting: Option<&str>) -> Part {
    Part { name: name.to_owned(), now, standing, setting: setting.map(str::to_owned) }
}

/// A place in the data folder. Root's data can be in another folder than the settings say, and an operator must know it
/// to delete or back it up.
fn place(settings: &Settings, name: &str) -> String {
    data_folder::real(&settings.data.join(name)).display().to_string()
}

fn stored(settings: &Settings, database: &Database) -> Part {
    if database.is_local() {
        let now = format!("local Postgres in {}", place(settings, "postgres"));
        return part("Database", now, Standing::StandIn, Some("DATABASE_URL"));
    }
    part("Database", "the Postgres of DATABASE_URL".to_owned(), Standing::Connected, None)
}

fn files(settings: &Settings) -> Part {
    match &settings.files.storage {
        StorageSettings::Folder(folder) => {
            let now = format!("stored in {}", data_folder::real(folder).display());
            part("Files", now, Standing::StandIn, Some("S3_BUCKET"))
        }
        StorageSettings::S3(s3) => {
            let at = s3.endpoint.as_ref().map(|url| format!(" at {url}")).unwrap_or_default();
            part("Files", format!("the bucket {}{at}", s3.bucket), Standing::Connected, None)
        }
    }
}

fn secret_key(settings: &Settings) -> Part {
    if settings.secret_key.is_some() {
        return part("Secret key", "FREEHOLD_SECRET_KEY".to_owned(), Standing::Connected, None);
    }
    let now = format!("kept in {}", place(settings, "secret_key"));
    part("Secret key", now, Standing::StandIn, Some("FREEHOLD_SECRET_KEY"))
}

fn mail(settings: &Settings, database: &Database) -> Part {
    match (&settings.mail_server, settings.shows_mails(database.is_local())) {
        (Some(mail), shown) => {
            let also = if shown { ", and shown at /dev/mail" } else { "" };
            let now = format!("sent by {} from {}{also}", mail.server, mail.from.address);
            part("Mail", now, Standing::Connected, None)
        }
        (None, true) => {
            let now = "local mailbox at /dev/mail; nothing is sent".to_owned();
            part("Mail", now, Standing::StandIn, Some("SMTP_URL"))
        }
        (None, false) => {
            let now = "queued; no mail server is connected".to_owned();
            part("Mail", now, Standing::Missing, Some("SMTP_URL"))
        }
    }
}

/// Where users sign in.
fn sign_in(settings: &Settings) -> Part {
    let Some(project) = &settings.supabase.project else {
        let now = "built in, Supabase Auth's protocol at /auth/v1".to_owned();
        return part("Sign-in", now, Standing::Connected, None);
    };
    let now = format!("the Supabase project at {}", project.url);
    if project.public_key.is_some() {
        return part("Sign-in", now, Standing::Connected, None);
    }
    let now = format!("{now}; the pages of this server cannot sign in");
    part("Sign-in", now, Standing::Connected, Some("SUPABASE_PUBLISHABLE_KEY"))
}
