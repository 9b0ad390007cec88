//! The profile of an organization: its name and slug, what it says about itself, and how it wants times and languages.

use freehold_core::{EmailAddress, Error, OptionExt, Result, codes, slug, slug_is_reserved};
use freehold_db::{
    OnConstraint, TenantTx,
    audit::{NewEntry, audit_append},
};
use freehold_jobs::outbox::event_publish;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use url::Url;
use uuid::Uuid;

use super::{Tenant, name_check, store};
use crate::event::OrganizationUpdated;

/// Longest address of a website, in characters.
const WEBSITE_LONGEST: usize = 300;

/// What to change of an organization. None leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TenantChange {
    /// Name, 1 to 200 characters.
    pub name: Option<String>,
    /// Name for URLs, in the form that [`freehold_core::slug`] gives.
    pub slug: Option<String>,
    /// Address of a website; empty removes it.
    pub website: Option<String>,
    /// E-mail address for others; empty removes it.
    pub contact_email: Option<String>,
    /// Name of a time zone in the IANA database.
    pub time_zone: Option<String>,
    /// Language tag: language, script and region.
    pub locale: Option<String>,
}

/// Changes the caller's organization, if `check` accepts its current state.
///
/// # Errors
/// `validation_failed`; `conflict` when another organization has or had the slug; what `check` returns.
pub async fn tenant_update(
    tx: &mut TenantTx,
    change: TenantChange,
    check: impl FnOnce(&Tenant) -> Result<()>,
) -> Result<Tenant> {
    let id = tx.caller().tenant();
    let checked = checked(change)?;
    let current = tx.fetch_optional(store::tenant_lock(id)).await?.or_not_found("organization")?;
    check(&current)?;
    let row = store::ProfileRow {
        tenant: id,
        name: checked.name.unwrap_or_else(|| current.name.clone()),
        slug: checked.slug.unwrap_or_else(|| current.slug.clone()),
        website: checked.website.map_or_else(|| current.website.clone(), filled),
        contact_email: checked.contact_email.map_or_else(|| current.contact_email.clone(), filled),
        time_zone: checked.time_zone.unwrap_or_else(|| current.time_zone.clone()),
        locale: checked.locale.unwrap_or_else(|| current.locale.clone()),
    };
    let updated = tx.fetch_one(store::tenant_update(row)).await.on_constraint("tenants_slug_key", || {
        Error::new(codes::CONFLICT, "Another organization has this slug, or had it before. Choose another one.")
    })?;
    changes_record(tx, &current, &updated).await?;
    Ok(updated)
}

/// Replaces the logo of the caller's organization; none removes it. Returns the organization, and the file of the
/// former logo.
pub async fn tenant_logo_set(tx: &mut TenantTx, logo: Option<Uuid>) -> Result<(Tenant, Option<Uuid>)> {
    let id = tx.caller().tenant();
    let current = tx.fetch_optional(store::tenant_lock(id)).await?.or_not_found("organization")?;
    if logo.is_none() && current.logo_file.is_none() {
        return Ok((current, None));
    }
    let updated = tx.fetch_one(store::tenant_logo_set(id, logo)).await?;
    let event = event_publish(tx, &OrganizationUpdated { changed: vec!["logo".to_owned()] }).await?;
    let entry = if logo.is_some() {
        NewEntry::of_event(event, "organization.logo_changed", id)
    } else {
        NewEntry::of_event(event, "organization.logo_removed", id)
    };
    let entry = entry.changed(json!({ "logo": current.logo_file }), json!({ "logo": logo }));
    audit_append(tx, entry).await?;
    Ok((updated, current.logo_file))
}

/// Publishes the event, and records the name apart from the other values.
async fn changes_record(tx: &mut TenantTx, before: &Tenant, after: &Tenant) -> Result<()> {
    let fields = [
        ("slug", json!(before.slug), json!(after.slug)),
        ("website", json!(before.website), json!(after.website)),
        ("time_zone", json!(before.time_zone), json!(after.time_zone)),
        ("locale", json!(before.locale), json!(after.locale)),
    ];
    let mut changed: Vec<&str> = Vec::new();
    let (mut was, mut is) = (Map::new(), Map::new());
    for (field, before, after) in fields.into_iter().filter(|(_, before, after)| before != after) {
        changed.push(field);
        was.insert(field.to_owned(), before);
        is.insert(field.to_owned(), after);
    }
    let email = (before.contact_email != after.contact_email).then_some("contact_email");
    changed.extend(email);
    let named = (before.name != after.name).then_some("name");
    let all: Vec<String> = named.into_iter().chain(changed.iter().copied()).map(str::to_owned).collect();
    if all.is_empty() {
        return Ok(());
    }
    let id = after.tenant_id;
    let event = event_publish(tx, &OrganizationUpdated { changed: all }).await?;
    if named.is_some() {
        let entry = NewEntry::of_event(event, "organization.renamed", id);
        let entry = entry.changed(json!({ "name": before.name }), json!({ "name": after.name }));
        audit_append(tx, entry).await?;
    }
    if changed.is_empty() {
        return Ok(());
    }
    // An entry has the id of its event, and the one about the name may have it already.
    let entry = if named.is_some() {
        NewEntry::new(tx.id(), "organization.updated", id)
    } else {
        NewEntry::of_event(event, "organization.updated", id)
    };
    let mut entry = entry
        .detail(json!({ "changed": changed.join(", ").replace('_', " ") }))
        .changed(Value::Object(was), Value::Object(is));
    if email.is_some() {
        entry = entry.changed_email("contact_email", before.contact_email.as_deref(), after.contact_email.as_deref());
    }
    audit_append(tx, entry).await
}

/// The change with every value in its canonical form.
fn checked(change: TenantChange) -> Result<TenantChange> {
    let TenantChange { name, slug, website, contact_email, time_zone, locale } = change;
    Ok(TenantChange {
        name: name.map(|name| name_check(&name)).transpose()?,
        slug: slug.map(|slug| slug_check(slug.trim())).transpose()?,
        website: website.map(|website| website_check(website.trim())).transpose()?,
        contact_email: contact_email.map(|email| email_check(email.trim())).transpose()?,
        time_zone: time_zone.map(|zone| time_zone_check(zone.trim())).transpose()?,
        locale: locale.map(|locale| locale_check(locale.trim())).transpose()?,
    })
}

fn filled(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn slug_check(text: &str) -> Result<String> {
    if text.len() < 2 || slug(text).as_deref() != Some(text) {
        let expected = "expected 2 to 48 lower-case letters from a to z, digits, and single dashes between them";
        return Err(Error::invalid("/slug", expected));
    }
    if slug_is_reserved(text) {
        return Err(Error::invalid("/slug", format!("{text:?} is reserved. Choose another one")));
    }
    Ok(text.to_owned())
}

fn website_check(text: &str) -> Result<String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let address = Url::parse(text).ok().filter(|url| {
        let plain = url.username().is_empty() && url.password().is_none();
        matches!(url.scheme(), "http" | "https") && url.domain().is_some_and(|domain| domain.contains('.')) && plain
    });
    let address = address.map(String::from).filter(|address| address.len() <= WEBSITE_LONGEST);
    address.ok_or_else(|| {
        let expected = format!("expected an address such as https://example.org, at most {WEBSITE_LONGEST} characters");
        Error::invalid("/website", expected)
    })
}

fn email_check(text: &str) -> Result<String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let expected = "expected an e-mail address such as hello@example.org";
    EmailAddress::parse(text).map(EmailAddress::into_string).map_err(|_| Error::invalid("/contact_email", expected))
}

/// The name of a time zone as the IANA database has it.
fn time_zone_check(text: &str) -> Result<String> {
    let zone = TimeZone::get(text).ok().and_then(|zone| zone.iana_name().map(str::to_owned));
    let zone = zone.filter(|name| name == "UTC" || name.contains('/') && !name.starts_with("right/"));
    zone.ok_or_else(|| Error::invalid("/time_zone", "expected UTC, or a time zone such as Europe/Vilnius"))
}

/// A language tag of language, script and region (RFC 5646), in its usual spelling: `zh-Hant-TW`.
fn locale_check(text: &str) -> Result<String> {
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let mut parts = text.split('-').peekable();
    let language = parts.next().filter(|part| (2..=3).contains(&part.len()) && letters(part));
    let script = parts.next_if(|part| part.len() == 4 && letters(part));
    let is_region = |part: &&str| {
        part.len() == 2 && letters(part) || part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let region = parts.next_if(is_region);
    let (Some(language), None) = (language, parts.next()) else {
        return Err(Error::invalid("/locale", "expected a language tag such as en, de-AT or zh-Hant-TW"));
    };
    let title = |part: &str| format!("{}{}", part[..1].to_ascii_uppercase(), part[1..].to_ascii_lowercase());
    let parts = [Some(language.to_ascii_lowercase()), script.map(title), region.map(str::to_ascii_uppercase)];
    Ok(parts.into_iter().flatten().collect::<Vec<_>>().join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_parts_of_urls() {
        for good in ["ab", "riverside-dental", "7-eleven", &"x".repeat(48)] {
            assert_eq!(slug_check(good).unwrap(), good);
        }
        let long = "x".repeat(49);
        for bad in ["", "a", "Riverside", "a b", "-a", "a-", "a--b", "ä-b", "a_b", "api", "sign-in", &long, "a/b"] {
            assert!(slug_check(bad).is_err(), "{bad}");
        }
        assert!(slug_check("019cf1a0-7000-7000-8000-000000000000").is_err(), "an id");
    }

    #[test]
    fn websites_are_addresses_of_the_web() {
        assert_eq!(website_check("HTTPS://Example.org").unwrap(), "https://example.org/");
        assert_eq!(website_check("").unwrap(), "");
        for bad in [
            "example.org",
            "javascript:alert(1)",
            "ftp://example.org",
            "https://ada:secret@example.org",
            "https://localhost",
            "https://10.0.0.1",
            "https://",
            &format!("https://example.org/{}", "x".repeat(300)),
        ] {
            assert!(website_check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn zones_and_locales_are_known_ones_in_their_usual_spelling() {
        for (given, stored) in [("UTC", "UTC"), ("europe/vilnius", "Europe/Vilnius")] {
            assert_eq!(time_zone_check(given).unwrap(), stored);
        }
        for bad in ["", "Mars/Olympus", "+02:00", "../etc/passwd", "right/UTC"] {
            assert!(time_zone_check(bad).is_err(), "{bad}");
        }
        for (given, stored) in
            [("en", "en"), ("DE-at", "de-AT"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"), ("fil", "fil")]
        {
            assert_eq!(locale_check(given).unwrap(), stored);
        }
        for bad in ["", "e", "english", "en-", "en-GBR", "en_GB", "en-GB-oed", "é", "-", "12"] {
            assert!(locale_check(bad).is_err(), "{bad}");
        }
    }
}
