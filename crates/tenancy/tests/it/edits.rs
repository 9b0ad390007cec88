//! Random edits of exports: each is found, and the right entry is named.

use data_encoding::HEXLOWER;
use freehold_core::Random;
use freehold_tenancy::audit::{Expected, Head, verify};
use freehold_vault::PublicKey;
use serde_json::Value;

use crate::{
    busy, export,
    harness::{app::TestApp, seed},
    verified,
};

/// How many edits of each format.
const EDITS: u32 = 1000;

/// An export as the lines of its beginning and those of its entries.
struct File {
    first: Vec<Vec<u8>>,
    entries: Vec<Vec<u8>>,
}

impl File {
    /// Cuts an export into lines; `first` of them are not entries.
    fn new(bytes: &[u8], first: usize) -> Self {
        let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        let entries = lines.split_off(first);
        Self { first: lines, entries }
    }

    fn bytes(&self) -> Vec<u8> {
        self.first.iter().chain(&self.entries).flatten().copied().collect()
    }

    /// Edits the file at random. Returns the number of the entry that is to be named, none for the first line, and what
    /// was done.
    fn edit(&mut self, random: &Random) -> (Option<usize>, String) {
        let any = |below: usize| random.below(u32::try_from(below).unwrap()) as usize;
        let count = self.entries.len();
        let place = any(count);
        let number = Some(place + 1);
        match any(8) {
            0 => {
                self.entries.remove(place);
                (number, format!("deleted {place}"))
            }
            1 => {
                let (copied, place) = (any(count), any(count + 1));
                self.entries.insert(place, self.entries[copied].clone());
                // The copy of the entry at this place is accepted, and the entry itself is one too many.
                let number = if copied == place { place + 2 } else { place + 1 };
                (Some(number), format!("inserted {copied} at {place}"))
            }
            2 => {
                let other = (place + 1 + any(count - 1)) % count;
                self.entries.swap(place, other);
                (Some(place.min(other) + 1), format!("swapped {place} and {other}"))
            }
            3 => {
                self.entries.truncate(place);
                (number, format!("cut before {place}"))
            }
            4 => {
                let length = self.entries[place].len();
                self.entries[place].truncate(1 + any(length - 1));
                self.entries.truncate(place + 1);
                (number, format!("cut within {place}"))
            }
            5 => {
                let line = any(self.first.len());
                let done = flip(&mut self.first[line], random);
                (None, format!("first line {line}: {done}"))
            }
            6 if self.entries[place].starts_with(b"{") => {
                let done = field_edit(&mut self.entries[place], random);
                (number, format!("{place}: {done}"))
            }
            _ => {
                let done = flip(&mut self.entries[place], random);
                (number, format!("{place}: {done}"))
            }
        }
    }
}

/// Replaces one character by another, or a line break by a space.
fn flip(line: &mut [u8], random: &Random) -> String {
    let at = random.below(u32::try_from(line.len()).unwrap()) as usize;
    let old = line[at];
    while line[at] == old {
        line[at] = b' ' + u8::try_from(random.below(95)).unwrap();
    }
    format!("character {at} {:?} became {:?}", char::from(old), char::from(line[at]))
}

/// Changes one value of an entry, somewhere in its JSON.
fn field_edit(line: &mut Vec<u8>, random: &Random) -> String {
    let mut entry: Value = serde_json::from_slice(line).unwrap();
    let mut leaves = Vec::new();
    leaves_of(&entry, String::new(), &mut leaves);
    let at = leaves[random.below(u32::try_from(leaves.len()).unwrap()) as usize].clone();
    let value = entry.pointer_mut(&at).unwrap();
    *value = match &*value {
        Value::String(text) if random.below(2) == 0 => Value::String(format!("{text}x")),
        Value::String(_) => Value::String(String::new()),
        Value::Number(number) => Value::from(number.as_i64().unwrap() + 1),
        Value::Null => Value::String("x".to_owned()),
        _ => Value::Null,
    };
    // Fields in another order are a change, too: only one was made here.
    let mut parts: Vec<String> = Vec::new();
    for name in ["number", "id", "at", "actor_kind", "actor_id", "action", "subject", "detail", "before", "after"] {
        parts.push(format!("{}:{}", Value::from(name), entry[name]));
    }
    for name in ["personal", "readable", "hash"] {
        parts.push(format!("{}:{}", Value::from(name), entry[name]));
    }
    *line = format!("{{{}}}\n", parts.join(",")).into_bytes();
    format!("{at} changed")
}

fn leaves_of(value: &Value, at: String, leaves: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(name, field)| leaves_of(field, format!("{at}/{name}"), leaves));
        }
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(place, item)| leaves_of(item, format!("{at}/{place}"), leaves));
        }
        _ => leaves.push(at),
    }
}

#[tokio::test]
async fn every_edit_is_found_at_its_entry() {
    let app = TestApp::new().await;
    let owner = busy(&app).await;
    let random = Random::seeded(seed("FREEHOLD_EDITS_SEED").into());
    for (query, first) in [("?format=jsonl", 1), ("?format=csv", 2)] {
        let file = export(&app, &owner, query).await;
        let whole = verified(&file).unwrap();
        assert_eq!((whole.first, whole.organization.to_string()), (1, owner.organization.clone()));
        assert!(whole.head.number > 30 && whole.erased == 0, "{whole:?}");
        let mut wrong = Vec::new();
        for _ in 0..EDITS {
            let mut edited = File::new(&file, first);
            assert_eq!(edited.entries.len(), usize::try_from(whole.head.number).unwrap());
            let (expected, done) = edited.edit(&random);
            match verified(&edited.bytes()) {
                Ok(_) => wrong.push(format!("not found: {done}")),
                Err(broken) if broken.number == expected.map(|number| i64::try_from(number).unwrap()) => {}
                Err(broken) => wrong.push(format!("{done}: {broken}")),
            }
        }
        assert!(wrong.is_empty(), "{query}: {} of {EDITS}: {:#?}", wrong.len(), &wrong[..wrong.len().min(10)]);
        println!("{query}: {EDITS} random edits of {} entries, all found at their entry", whole.head.number);
    }
}

#[tokio::test]
async fn an_export_is_compared_with_what_its_reader_knows() {
    let app = TestApp::new().await;
    let owner = busy(&app).await;
    let early = app.get("/api/v1/audit/head").person(&owner).send().await.expect(200);
    app.advance_seconds(60);
    let since = app.clock().now();
    app.post("/api/v1/keys").person(&owner).json(&serde_json::json!({ "name": "late" })).send().await.expect(201);
    let file = export(&app, &owner, "").await;
    let check = |expected: &Expected| verify(file.as_slice(), expected).unwrap();

    let public_key = PublicKey::from_bytes(&HEXLOWER.decode(early.at("/public_key").as_bytes()).unwrap());
    let head: Head = format!("{}:{}", early.json()["number"], early.at("/hash")).parse().unwrap();
    let verified = check(&Expected { public_key, head: Some(head) }).unwrap();
    assert_eq!((verified.head.number, Some(verified.public_key)), (head.number + 1, public_key));

    let another = PublicKey::from_bytes(&[1; 32]);
    assert_eq!(check(&Expected { public_key: another, head: None }).unwrap_err().number, None);
    let rewritten = Head { hash: [1; 32], ..head };
    assert_eq!(check(&Expected { public_key, head: Some(rewritten) }).unwrap_err().number, Some(head.number));
    let missing = Head { number: head.number + 9, ..head };
    assert_eq!(check(&Expected { public_key, head: Some(missing) }).unwrap_err().number, Some(missing.number));

    // A part of the chain is verified in the same way.
    let part = export(&app, &owner, &format!("?format=csv&since={since}")).await;
    let part = verify(part.as_slice(), &Expected { public_key, head: Some(head) }).unwrap().unwrap();
    assert_eq!((part.first, part.head), (head.number + 1, verified.head));
    let part = export(&app, &owner, &format!("?since={since}")).await;
    let part = verify(part.as_slice(), &Expected { public_key, head: Some(rewritten) }).unwrap();
    assert_eq!(part.unwrap_err().number, Some(head.number), "the entry before the part");
    let nothing = export(&app, &owner, "?since=2030-01-01T00:00:00Z").await;
    assert_eq!(crate::verified(&nothing).unwrap().first, verified.head.number + 1);
}
