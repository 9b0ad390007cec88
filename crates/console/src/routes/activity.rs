//! `/activity`: what happened in an organization, in words.

use axum::{Router, extract::State, response::Response, routing::get};
use freehold_core::{Area, Caller, PageRequest, Permission, Result};
use freehold_pages::{Choice, MemberPage, Pager, Shell, times::moment};
use freehold_tenancy::activity::{self, Activity, ActivityFilter, activity_list};
use freehold_web::{Answer, Backbone, Paging, Query};
use serde::Deserialize;

use crate::{ActivityLine, ActivityPage};

pub(super) fn routes() -> Router<Backbone> {
    Router::new().route("/activity", get(show))
}

/// The query of the page.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    cursor: Option<String>,
    /// The part of an action before the dot: `key`.
    kind: Option<String>,
}

async fn show(State(backbone): State<Backbone>, page: MemberPage, Query(wanted): Query<Wanted>) -> Answer<Response> {
    let caller = &*page.caller;
    let kind = wanted.kind.filter(|kind| !kind.is_empty());
    let filter = ActivityFilter { action: kind.as_ref().map(|kind| format!("{kind}.*")), ..ActivityFilter::default() };
    let request = Paging::new(None, wanted.cursor.clone()).request()?;
    let listed = activity_list(&backbone.db, &backbone.vault, caller, backbone.declared(), &filter, request).await?;
    let next = listed.next_cursor.as_ref().map(ToString::to_string);
    let kinds = kinds(&backbone, caller, kind.as_deref());
    // Only a kind that is in the list stands in the links of the page.
    let chosen = kinds.iter().find(|kind| kind.selected && !kind.value.is_empty());
    let path = chosen.map_or_else(|| "/activity".to_owned(), |kind| format!("/activity?kind={}", kind.value));
    page.shell.show(&ActivityPage {
        changes: listed.data.iter().map(|change| line(&page.shell, change)).collect(),
        kinds,
        pager: Pager::new(&page.shell.link(&path), wanted.cursor.as_deref(), next.as_deref()),
        audit: caller.allow(Permission::write(Area::Organization)).is_ok(),
        shell: page.shell.clone(),
    })
}

/// The kinds of changes that the caller may see, with this one selected.
fn kinds(backbone: &Backbone, caller: &Caller, selected: Option<&str>) -> Vec<Choice> {
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        hint: String::new(),
        selected: selected.unwrap_or_default() == value,
    };
    let seen = backbone.actions.iter().filter(|action| caller.allow(action.reader).is_ok());
    let mut kinds: Vec<&str> = seen.filter_map(|action| action.name.split('.').next()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let label = |kind: &str| match kind {
        "key" => "API keys".to_owned(),
        kind => {
            let (first, rest) = kind.split_at(kind.chars().next().map_or(0, char::len_utf8));
            format!("{}{}", first.to_uppercase(), rest.replace('_', " "))
        }
    };
    std::iter::once(choice("", "Everything")).chain(kinds.into_iter().map(|kind| choice(kind, &label(kind)))).collect()
}

/// The latest changes, for the home page.
pub(super) async fn latest(backbone: &Backbone, shell: &Shell, caller: &Caller, count: i64) -> Result<Latest> {
    if caller.allow(activity::READ).is_err() {
        return Ok(Latest::default());
    }
    let request = PageRequest::new(Some(count), None)?;
    let filter = ActivityFilter::default();
    let listed = activity_list(&backbone.db, &backbone.vault, caller, backbone.declared(), &filter, request).await?;
    let ids = listed.data.iter().map(|change| change.entry_id.to_string()).collect();
    Ok(Latest { lines: Some(listed.data.iter().map(|change| line(shell, change)).collect()), ids })
}

/// The latest changes.
#[derive(Default)]
pub(super) struct Latest {
    /// The changes; none when the user may not see them.
    pub(super) lines: Option<Vec<ActivityLine>>,
    /// Their ids, which are those of the events about the same changes.
    pub(super) ids: Vec<String>,
}

fn line(shell: &Shell, change: &Activity) -> ActivityLine {
    let sentence = change.sentence.clone();
    // Pages of the backbone are linked where the navigation has them; those of products decide themselves.
    let page = change.page.clone().filter(|_| !sentence.object.is_empty());
    let path = page.filter(|path| shell.has(first_part(path))).unwrap_or_default();
    ActivityLine {
        before: sentence.before,
        object: sentence.object,
        after: sentence.after,
        path,
        time: moment(change.at),
        datetime: change.at.to_string(),
    }
}

/// The page of the navigation to which a path belongs: `/workflows` of `/workflows/7`.
fn first_part(path: &str) -> &str {
    let end = path.char_indices().skip(1).find(|(_, letter)| matches!(letter, '/' | '?' | '#'));
    end.map_or(path, |(end, _)| &path[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_belongs_to_an_entry_of_the_navigation() {
        for (path, page) in [("/keys", "/keys"), ("/workflows/7/runs", "/workflows"), ("/billing#plans", "/billing")] {
            assert_eq!(first_part(path), page);
        }
    }
}
