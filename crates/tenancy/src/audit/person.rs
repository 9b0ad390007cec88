//! Personal data in audit entries: each user or address has a key in each tenant, and the data is encrypted under it.
//! Erasing a user destroys the key; the entries, over which the hashes are, stay as they are.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use data_encoding::{BASE64, HEXLOWER};
use freehold_core::{Context, Error, Ids, Random, Result, TenantId, UserId};
use freehold_db::{
    SystemTx,
    audit::{PERSON_OF_EMAIL, person_of_email},
};
use freehold_vault::{Purpose, Vault, sha256};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{
    record::{Item, Readable, raw},
    store::{self, PersonRow},
};

/// Encrypts the keys of users and addresses, and under these their personal data.
pub const AUDIT_PERSON: Purpose = Purpose::new("audit_person");

const SALT: usize = 16;

/// Personal data of an entry that is not chained yet.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Open {
    /// `user:<id>`, or `email:<address>`.
    person: String,
    /// The values by their names: `client.address`.
    pub(super) values: Map<String, Value>,
}

/// The personal data of an entry that is not chained yet.
pub(super) fn open_items(personal: Option<Value>) -> Result<Vec<Open>> {
    personal.map_or(Ok(Vec::new()), |items| serde_json::from_value(items).context("reading an audit entry"))
}

/// The names under which the database may know a person, the current one first. Addresses are known by digests only,
/// of which each master key has its own.
fn names(vault: &Vault, person: &str) -> Vec<String> {
    let Some(email) = person.strip_prefix(PERSON_OF_EMAIL) else { return vec![person.to_owned()] };
    let email = email.trim().to_lowercase();
    vault.macs(AUDIT_PERSON, email.as_bytes()).map(|mac| person_of_email(&HEXLOWER.encode(&mac))).collect()
}

/// The keys of persons of one tenant, by their ids. A destroyed key is none.
#[derive(Default)]
pub(super) struct Keys(HashMap<Uuid, Option<Vault>>);

impl Keys {
    /// Decrypts keys that the database returned.
    pub(super) fn read(vault: &Vault, tenant: TenantId, rows: Vec<PersonRow>) -> Result<Self> {
        let open = |row: PersonRow| {
            let Some(sealed) = row.sealed_key else { return Ok((row.key_id, None)) };
            let key = vault.open(AUDIT_PERSON, &sealed, &key_place(tenant, row.key_id));
            let key = key.context("opening the key of personal data in the audit")?;
            let key: [u8; 32] = key[..].try_into().map_err(|_| Error::internal("a key is not of 32 bytes"))?;
            Ok((row.key_id, Some(Vault::new(key))))
        };
        rows.into_iter().map(open).collect::<Result<_>>().map(Self)
    }

    /// The content of an item; none when its key was destroyed.
    pub(super) fn readable(&self, place: &Place, item: &Item) -> Result<Option<Readable>> {
        let Some(Some(key)) = self.0.get(&item.person) else { return Ok(None) };
        let sealed = BASE64.decode(item.sealed.as_bytes()).context("reading an audit entry")?;
        let content = key.open(AUDIT_PERSON, &sealed, &place.0).context("opening personal data of an audit entry")?;
        let (salt, values) =
            content.split_at_checked(SALT).ok_or_else(|| Error::internal("personal data without salt"))?;
        let values = String::from_utf8(values.to_vec()).context("reading personal data of an audit entry")?;
        Ok(Some(Readable { salt: HEXLOWER.encode(salt), values: raw(values)? }))
    }
}

/// The entry that personal data belongs to: it can be decrypted nowhere else.
pub(super) struct Place(String);

impl Place {
    pub(super) fn new(tenant: TenantId, entry: Uuid) -> Self {
        Self(format!("audit/{tenant}/{entry}"))
    }
}

pub(super) fn key_place(tenant: TenantId, key: Uuid) -> String {
    format!("audit_person/{tenant}/{key}")
}

/// Encrypts personal data of a batch of entries.
pub(super) struct Sealer<'a> {
    random: &'a Random,
    /// Key id and key by the person's name in an entry. The key of an erased person is kept nowhere.
    keys: BTreeMap<String, (Uuid, Vault)>,
}

impl<'a> Sealer<'a> {
    /// Finds the keys of all persons in these entries, and makes those that are missing. The chain of the tenant is
    /// locked, so nothing else makes keys of the tenant meanwhile. None: a person was erased meanwhile, which the next
    /// attempt finds.
    pub(super) async fn load(
        tx: &mut SystemTx,
        vault: &Vault,
        random: &'a Random,
        tenant: TenantId,
        entries: &[Vec<Open>],
    ) -> Result<Option<Self>> {
        let persons: BTreeSet<&str> = entries.iter().flatten().map(|open| open.person.as_str()).collect();
        let named: Vec<(&str, Vec<String>)> =
            persons.into_iter().map(|person| (person, names(vault, person))).collect();
        let all: Vec<String> = named.iter().flat_map(|(_, names)| names.clone()).collect();
        if all.is_empty() {
            return Ok(Some(Self { random, keys: BTreeMap::new() }));
        }
        let rows = tx.fetch_all(store::persons_by_name(tenant, all)).await?;
        let by_name: HashMap<String, Uuid> =
            rows.iter().filter_map(|row| Some((row.person.clone()?, row.key_id))).collect();
        let known = Keys::read(vault, tenant, rows)?;
        let mut keys = BTreeMap::new();
        let mut made = Made::default();
        for (person, names) in named {
            let found = names.iter().find_map(|name| by_name.get(name)).copied();
            let key = found.and_then(|id| known.0.get(&id).cloned().flatten());
            let fresh = || random.bytes::<32>();
            let pair = match (found, key) {
                (Some(id), Some(key)) => (id, key),
                // What is encrypted under a key that is kept nowhere cannot be read.
                (Some(id), None) => (id, Vault::new(fresh())),
                (None, _) => made.add(vault, random, tenant, tx.ids(), names.into_iter().next(), fresh()),
            };
            keys.insert(person.to_owned(), pair);
        }
        let new = made.ids.len() as u64;
        if new > 0 && tx.execute(store::persons_insert(tenant, made.ids, made.persons, made.sealed)).await? < new {
            return Ok(None);
        }
        Ok(Some(Self { random, keys }))
    }

    /// Encrypts the personal data of one entry.
    pub(super) fn seal(&self, place: &Place, open: &[Open]) -> Vec<Item> {
        let items = open.iter().filter(|open| !open.values.is_empty());
        items
            .filter_map(|open| {
                let (person, key) = self.keys.get(&open.person)?;
                let text = Value::Object(open.values.clone()).to_string();
                let salt: [u8; SALT] = self.random.bytes();
                let sealed = key.seal(AUDIT_PERSON, &[&salt, text.as_bytes()].concat(), &place.0, self.random);
                Some(Item {
                    person: *person,
                    fields: open.values.keys().cloned().collect(),
                    digest: HEXLOWER.encode(&sha256(&[&salt, text.as_bytes()])),
                    sealed: BASE64.encode(&sealed),
                })
            })
            .collect()
    }
}

/// New keys, as columns.
#[derive(Default)]
struct Made {
    ids: Vec<Uuid>,
    persons: Vec<String>,
    sealed: Vec<Vec<u8>>,
}

impl Made {
    fn add(
        &mut self,
        vault: &Vault,
        random: &Random,
        tenant: TenantId,
        ids: &Ids,
        name: Option<String>,
        key: [u8; 32],
    ) -> (Uuid, Vault) {
        let id = ids.next::<()>().uuid();
        self.ids.push(id);
        self.persons.extend(name);
        self.sealed.push(vault.seal(AUDIT_PERSON, &key, &key_place(tenant, id), random));
        (id, Vault::new(key))
    }
}

/// Makes the personal data of a user unreadable in the audit of every organization: destroys the user's keys, and those
/// of their address. Entries that are not chained yet get a key that is kept nowhere. `tenants` are the user's
/// organizations.
pub(crate) async fn person_erase(
    tx: &mut SystemTx,
    vault: &Vault,
    user: UserId,
    emails: &[String],
    tenants: Vec<Uuid>,
) -> Result<()> {
    let addresses = emails.iter().flat_map(|email| names(vault, &person_of_email(email))).collect();
    tx.execute(store::person_destroy(&format!("user:{user}"), user, tenants)).await?;
    tx.execute(store::addresses_destroy(addresses)).await?;
    Ok(())
}
