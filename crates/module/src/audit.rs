//! The actions that the audit records, in words.

use freehold_core::{Area, Permission};

/// An action that the audit records, with the sentences that the activity feed shows for it.
///
/// A sentence has no full stop, and may contain:
///
/// - `{actor}`: the name of who acted
/// - `{user}`: the name of the user whose id is the subject of the entry
/// - `{detail.name}`, `{before.plan.id}`, `{after.role}`: a value of the entry; `{words after.state}` with spaces in
///   place of underscores
/// - `[…]`: the part that is a link to the page of what was changed
///
/// ```
/// use freehold_core::Area;
/// use freehold_module::AuditAction;
///
/// const CREATED: AuditAction =
///     AuditAction::new("item.created", Area::Product("items"), "{actor} created the item [“{detail.name}”]")
///         .page("/items/{subject}");
/// assert_eq!(CREATED.words.usual, "{actor} created the item [“{detail.name}”]");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AuditAction {
    /// Name of the action in lower case, with dots: `key.created`.
    pub name: &'static str,
    /// Permission that a reader of the activity feed needs to see entries of this action.
    pub reader: Permission,
    /// Sentences for the activity feed, without full stops.
    pub words: ActionWords,
    /// Path of the page that shows what was changed; `{subject}` stands for the subject of the entry. None: there is
    /// no page.
    pub page: Option<&'static str>,
}

/// The sentences of an action.
#[derive(Clone, Copy, Debug)]
pub struct ActionWords {
    /// The sentence where no other applies.
    pub usual: &'static str,
    /// The sentence for a user who is the subject of the entry, such as a member who leaves; none: the usual one.
    pub to_oneself: Option<&'static str>,
    /// The sentence where Freehold itself acted; none: the usual one.
    pub by_itself: Option<&'static str>,
}

impl AuditAction {
    /// An action that users see who may read this area.
    pub const fn new(name: &'static str, area: Area, usual: &'static str) -> Self {
        let words = ActionWords { usual, to_oneself: None, by_itself: None };
        Self { name, reader: Permission::read(area), words, page: None }
    }

    /// The same with a page that shows what was changed.
    #[must_use]
    pub const fn page(self, path: &'static str) -> Self {
        Self { page: Some(path), ..self }
    }

    /// The same with a sentence for a user who is the subject of the entry.
    #[must_use]
    pub const fn to_oneself(self, words: &'static str) -> Self {
        Self { words: ActionWords { to_oneself: Some(words), ..self.words }, ..self }
    }

    /// The same with a sentence where Freehold itself acted.
    #[must_use]
    pub const fn by_itself(self, words: &'static str) -> Self {
        Self { words: ActionWords { by_itself: Some(words), ..self.words }, ..self }
    }
}

impl ActionWords {
    /// All sentences.
    pub fn all(self) -> impl Iterator<Item = &'static str> {
        [Some(self.usual), self.to_oneself, self.by_itself].into_iter().flatten()
    }
}
