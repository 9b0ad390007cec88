//! Which crate may depend on which: a dependency points down, never up, never between products.

use super::{refuse, rooms};

/// The layers, from the bottom up, and the crates of each. A crate may depend on every crate of a lower layer.
const FLOORS: &[(&str, &[&str])] = &[
    ("ground", &["core", "catalog", "db", "vault", "jobs", "outbound", "postgres", "module"]),
    (
        "capabilities",
        &["identity", "tenancy", "billing", "metering", "delivery", "files", "fleet", "operators", "privacy", "prover"],
    ),
    ("app", &["app"]),
    ("shared face", &["web"]),
    ("page kit", &["pages"]),
    ("products", &["voice", "documents", "pharmacy", "studio"]),
    ("faces", &["api", "console", "gateway"]),
    ("composition", &["compose"]),
    ("doors", &["freehold"]),
    ("testing", &["testing"]),
    ("tests", &["it", "bench", "fuzz"]),
];

/// Dependencies within a layer.
const SIDEWAYS: &[(&str, &str)] = &[
    ("catalog", "core"),
    ("db", "core"),
    ("vault", "core"),
    ("jobs", "core"),
    ("jobs", "db"),
    ("jobs", "catalog"),
    ("outbound", "core"),
    ("module", "catalog"),
    ("module", "core"),
    ("module", "db"),
    ("module", "jobs"),
    ("module", "outbound"),
    ("module", "vault"),
    ("billing", "metering"),
    ("files", "metering"),
    ("operators", "identity"),
    ("operators", "tenancy"),
    ("privacy", "files"),
    ("privacy", "metering"),
];

/// Crates that only these crates may depend on: the local server is started by whatever program runs something, and no
/// capability knows that it exists.
const RESERVED: &[(&str, &[&str])] = &[
    ("postgres", &["freehold", "testing", "it", "bench"]),
    ("freehold", &["it", "bench"]),
    ("voice", &["freehold", "it", "bench"]),
    ("documents", &["freehold", "it", "bench"]),
    ("pharmacy", &["freehold", "it", "bench"]),
    ("studio", &["freehold", "it", "bench"]),
];

/// What tests share. A crate below it depends on it for its tests only.
const SHARED: &str = "testing";

/// Depends on nothing of Freehold. Only the program depends on it, which starts it where no Stripe is connected, and
/// tests.
const APART: &str = "stripe-sandbox";

/// The crates that may depend on a library. All crates may depend on libraries that are not listed.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("argon2", &["identity"]),
    ("askama", &["pages", "console", "voice", "documents", "pharmacy", "studio", "delivery", "it", APART]),
    (
        "aws-lc-rs",
        &[
            "vault", "identity", "db", "delivery", "billing", "files", "privacy", "web", "outbound", "testing", "it",
            "bench", APART,
        ],
    ),
    (
        "axum",
        &[
            "web",
            "pages",
            "api",
            "console",
            "gateway",
            "compose",
            "freehold",
            "voice",
            "documents",
            "pharmacy",
            "studio",
            APART,
            "testing",
            "it",
            "fuzz",
        ],
    ),
    ("bcrypt", &["identity"]),
    // Time is jiff; `object_store` has chrono for itself.
    ("chrono", &[]),
    ("clap", &["freehold", "bench", APART]),
    ("deadpool-postgres", &["db"]),
    ("getrandom", &["core"]),
    ("hyper", &["outbound", "freehold"]),
    ("hyper-rustls", &["outbound"]),
    ("hyper-util", &["outbound", "freehold"]),
    ("ipnet", &["outbound"]),
    ("jsonwebtoken", &["identity"]),
    ("lettre", &["delivery"]),
    ("object_store", &["files"]),
    ("postgres-protocol", &["db"]),
    ("postgres-types", &["db"]),
    ("reqwest", &["freehold", "billing", "it", "bench", APART]),
    ("rustls", &["db", "outbound", "delivery"]),
    ("rustls-native-certs", &["db", "outbound", "delivery"]),
    ("scrypt", &["identity"]),
    ("tokio-postgres", &["db", "jobs", "prover", "testing", "it", "bench"]),
    ("tokio-postgres-rustls", &["db"]),
    (
        "utoipa",
        &[
            // Roles and standings are in the document under their own names.
            "core",
            "api",
            "web",
            "jobs",
            "identity",
            "metering",
            "tenancy",
            "delivery",
            "billing",
            "files",
            "operators",
            "privacy",
            "voice",
            "documents",
            "pharmacy",
            "studio",
        ],
    ),
    ("utoipa-axum", &["api", "web", "compose", "voice", "documents", "pharmacy", "studio"]),
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|(_, rooms)| rooms.contains(&room))
}

/// Why a crate may not depend on another; none: it may.
fn forbidden(from: &str, to: &str) -> Option<String> {
    if from == to {
        return None;
    }
    if from == APART || to == APART {
        let known = to == APART && (from == "freehold" || floor(from) == floor("it"));
        return (!known).then(|| {
            format!(
                "{from} names {to}, but {APART} stands apart: only freehold and tests know it, and it knows none of us"
            )
        });
    }
    let (Some(above), Some(below)) = (floor(from), floor(to)) else {
        let stranger = if floor(from).is_none() { from } else { to };
        return Some(format!("{stranger} stands on no floor: give it a place in FLOORS"));
    };
    let reserved = RESERVED.iter().find(|(room, _)| *room == to);
    if let Some((_, rooms)) = reserved.filter(|(_, rooms)| !rooms.contains(&from)) {
        return Some(format!("{from} names {to}, which only {} may name", rooms.join(", ")));
    }
    if above > below || SIDEWAYS.contains(&(from, to)) {
        return None;
    }
    let (from_floor, to_floor) = (FLOORS[above].0, FLOORS[below].0);
    let way = if above == below { "sideways" } else { "up" };
    Some(format!("{from} ({from_floor}) names {to} ({to_floor}): that arrow goes {way}, and arrows go down"))
}

#[test]
fn arrows_between_rooms_go_down() {
    let mut broken = Vec::new();
    for room in rooms() {
        if room.name != APART && floor(&room.name).is_none() {
            broken.push(format!("{} stands on no floor: give it a place in FLOORS", room.folder));
        }
        // A dev-dependency is not part of the crate. Tests run on the whole backbone, so those of every crate may name
        // what the shared one may, and that one and the Stripe sandbox.
        let built_in = |to: &str| room.built_in.iter().filter_map(|name| room_of(name)).any(|name| name == to);
        let tested = |to: &str| !built_in(to) && ([APART, SHARED].contains(&to) || forbidden(SHARED, to).is_none());
        for to in room.dependencies.iter().filter_map(|name| room_of(name)).filter(|to| !tested(to)) {
            broken.extend(forbidden(&room.name, to));
        }
    }
    refuse("A room names only what is drawn (docs/ARCHITECTURE.md):", &broken);
}

#[test]
fn libraries_are_named_by_the_rooms_they_are_for() {
    let mut broken = Vec::new();
    for room in rooms() {
        // A dev-dependency is not part of the crate.
        for name in &room.built_in {
            if let Some((library, rooms)) = LIBRARIES.iter().find(|(library, _)| library == name)
                && !rooms.contains(&room.name.as_str())
            {
                broken.push(format!("{} names {library}, which only {} may name", room.name, rooms.join(", ")));
            }
        }
    }
    refuse("Some libraries belong to few rooms:", &broken);
}

#[test]
fn the_rule_tells_right_from_wrong() {
    for (from, to) in [
        ("api", "web"),
        ("billing", "metering"),
        ("voice", "tenancy"),
        ("testing", "compose"),
        ("it", SHARED),
        ("freehold", "postgres"),
        ("freehold", APART),
        ("it", APART),
    ] {
        assert_eq!(forbidden(from, to), None, "{from} -> {to}");
    }
    for (from, to, word) in [
        ("metering", "billing", "sideways"),
        ("core", "db", "sideways"),
        ("db", "tenancy", "up"),
        ("web", "api", "up"),
        ("voice", SHARED, "up"),
        ("voice", "documents", "only freehold, it, bench may name"),
        ("testing", "voice", "only freehold, it, bench may name"),
        ("api", "voice", "only freehold, it, bench may name"),
        ("db", "postgres", "only freehold, testing, it, bench may name"),
        ("web", "cellar", "no floor"),
        (APART, "core", "stands apart"),
        ("billing", APART, "stands apart"),
    ] {
        let sentence = forbidden(from, to).unwrap_or_else(|| panic!("{from} -> {to} is let through"));
        assert!(sentence.contains(word), "{sentence}");
    }
}

/// The crate name of a Freehold package.
fn room_of(package: &str) -> Option<&str> {
    package.strip_prefix("freehold-").or(["freehold", APART].contains(&package).then_some(package))
}
