//! What the program counts by itself.

/// Something that code of the program counts by itself, without reports from the product. The module that counts it
/// declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Its name in `counts`, in the plural: `members`.
    pub name: &'static str,
    /// What is counted.
    pub kind: CounterKind,
}

/// What a [`Counter`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterKind {
    /// Things that exist now; the meter is a level.
    Things,
    /// Bytes that are stored now; the meter is a level in bytes.
    Bytes,
    /// What happens in a period; the meter is a counter.
    Happenings,
}

/// The members of an organization, including open invitations.
pub const MEMBERS: Counter = Counter { name: "members", kind: CounterKind::Things };
