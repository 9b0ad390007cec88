//! The data of components; `kit.html` has a macro for each.

use freehold_core::percent_encode;

use crate::own_path;

/// Severity of a banner, message or badge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Neither good nor bad.
    #[default]
    Plain,
    /// Good news.
    Good,
    /// The user should act.
    Warn,
    /// Something does not work until the user acts.
    Bad,
}

impl Tone {
    /// All tones, in the order of their declaration.
    pub const ALL: [Self; 4] = [Self::Plain, Self::Good, Self::Warn, Self::Bad];

    /// Name of the tone, also its class in the stylesheet: `plain`, `good`, `warn` or `bad`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }

    /// Role for screen readers: bad news interrupts.
    pub const fn role(self) -> &'static str {
        match self {
            Self::Bad => "alert",
            _ => "status",
        }
    }
}

/// A notice above the content of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Banner {
    /// Severity of the notice.
    pub tone: Tone,
    /// Title, a few words.
    pub title: String,
    /// Text, one or two sentences; may be empty.
    pub text: String,
    /// Label and target of a button; none for no button.
    pub link: Option<(String, String)>,
}

impl Banner {
    /// A notice without a button.
    pub fn new(tone: Tone, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { tone, title: title.into(), text: text.into(), link: None }
    }

    /// The button, if its target is a page of this site, a web page or a mail.
    pub fn followed(&self) -> Option<&(String, String)> {
        self.link.as_ref().filter(|(_, to)| is_link(to))
    }
}

/// Whether the address may be the target of a link: other schemes, such as `javascript:`, could run code.
pub fn is_link(to: &str) -> bool {
    own_path(to.split('#').next().unwrap_or_default()).is_some()
        || to.starts_with('#')
        || ["https://", "http://", "mailto:"].iter().any(|scheme| to.starts_with(scheme))
}

/// What is shown in place of an empty list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Empty {
    /// Title: `No API keys yet`.
    pub title: String,
    /// What the list is for, one or two sentences.
    pub text: String,
    /// Label and path of the action that adds the first one; none for users who may not.
    pub action: Option<(String, String)>,
}

impl Empty {
    /// An empty list without an action.
    pub fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: text.into(), action: None }
    }

    /// The same with an action.
    #[must_use]
    pub fn with_action(self, label: impl Into<String>, path: impl Into<String>) -> Self {
        Self { action: Some((label.into(), path.into())), ..self }
    }
}

/// Usage of a meter against its limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Name of the meter: `calls`.
    pub name: String,
    /// Amount used.
    pub used: i64,
    /// Limit of the plan; none for unlimited.
    pub limit: Option<i64>,
    /// First day of the next period, UTC: `1 December 2026`; none for meters without a period.
    pub resets_on: Option<String>,
}

impl Progress {
    /// Whether more is used than the limit allows.
    pub fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.used > limit)
    }

    /// Whether the limit is reached.
    pub fn is_full(&self) -> bool {
        self.limit.is_some_and(|limit| limit > 0 && self.used >= limit)
    }

    /// Whether at least four fifths of the limit are used.
    pub fn is_close(&self) -> bool {
        self.limit.is_some_and(|limit| limit > 0 && self.used.saturating_mul(5) >= limit.saturating_mul(4))
    }

    /// Length of the bar, at most the limit.
    pub fn shown(&self) -> i64 {
        self.limit.map_or(self.used, |limit| self.used.min(limit)).max(0)
    }

    /// Usage and limit: `1,200 of 5,000`.
    pub fn words(&self) -> String {
        match self.limit {
            Some(0) if self.used == 0 => "not in your plan".to_owned(),
            Some(limit) => format!("{} of {}", grouped(self.used), grouped(limit)),
            None => format!("{} used, no limit", grouped(self.used)),
        }
    }

    /// Amount above the limit.
    pub fn excess(&self) -> String {
        grouped(self.limit.map_or(0, |limit| self.used.saturating_sub(limit)))
    }
}

/// Paths of the pages before and after one page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pager {
    /// Path of the first page; none on the first page.
    pub first: Option<String>,
    /// Path of the next page; none on the last page.
    pub next: Option<String>,
}

impl Pager {
    /// The pager of the list at `path`, whose page began after the cursor `at`, and whose next page begins after `next`.
    /// `path` may have a query.
    pub fn new(path: &str, at: Option<&str>, next: Option<&str>) -> Self {
        let joint = if path.contains('?') { '&' } else { '?' };
        Self {
            first: at.map(|_| path.to_owned()),
            next: next.map(|cursor| format!("{path}{joint}cursor={}", percent_encode(cursor))),
        }
    }

    /// Whether there is another page.
    pub fn is_needed(&self) -> bool {
        self.first.is_some() || self.next.is_some()
    }
}

/// One of several values of a field, for the macros `select` and `choices`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Value that the form sends.
    pub value: String,
    /// Text that the user sees.
    pub label: String,
    /// What the choice means, one sentence; may be empty.
    pub hint: String,
    /// Whether it is selected.
    pub selected: bool,
}

/// A page that asks for confirmation before something is ended or deleted: the macro `confirm`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirm {
    /// Title, a question: `Revoke the API key “first key”?`
    pub title: String,
    /// The consequences, one sentence each.
    pub sentences: Vec<String>,
    /// Path of the form on this site.
    pub action: String,
    /// Hidden fields of the form besides token and organization: name and value.
    pub fields: Vec<(String, String)>,
    /// Label of the button, what it does: `Revoke the key`.
    pub button: String,
    /// Path of the link that goes back without a change.
    pub back: String,
}

/// A number with separators: `12,345`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    format!("{}{}", if number < 0 { "-" } else { "" }, groups.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn usage_is_shown_with_its_limit() {
        let usage = |used, limit| Progress { used, limit, ..Progress::default() };
        assert_eq!(usage(0, Some(0)).words(), "not in your plan");
        assert_eq!(usage(1_200, Some(500)).words(), "1,200 of 500");
        assert_eq!((usage(1_200, Some(500)).is_over(), usage(500, Some(500)).is_over()), (true, false));
        assert_eq!(usage(3, None).words(), "3 used, no limit");
        assert_eq!((usage(79, Some(100)).is_close(), usage(80, Some(100)).is_close()), (false, true));
        assert!(usage(i64::MAX, Some(i64::MAX)).is_close());
    }

    #[test]
    fn links_run_no_code() {
        for to in ["/billing#plans", "#top", "https://a.example/", "mailto:a@example.org"] {
            assert!(is_link(to), "{to}");
        }
        for to in ["javascript:alert(1)", "//evil.example", "data:text/html,x", "", "JAVASCRIPT:x"] {
            assert!(!is_link(to), "{to}");
        }
    }

    #[test]
    fn a_pager_leads_on_and_back_to_the_first_page() {
        assert!(!Pager::new("/keys", None, None).is_needed());
        let pager = Pager::new("/events?type=call.*", Some("a"), Some("b c"));
        assert_eq!(pager.first.as_deref(), Some("/events?type=call.*"));
        assert_eq!(pager.next.as_deref(), Some("/events?type=call.*&cursor=b%20c"));
    }
}
