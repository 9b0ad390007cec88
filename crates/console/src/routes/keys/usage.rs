//! How often a key was used, by day.

use axum::{extract::State, response::Response};
use freehold_core::ApiKeyId;
use freehold_identity::key::{days::key_days, key_get};
use freehold_pages::{MemberPage, chart::Chart, grouped, times::day};
use freehold_web::{Answer, Backbone, Path};

use crate::KeyUsagePage;

pub(super) async fn usage(
    State(backbone): State<Backbone>,
    page: MemberPage,
    Path(id): Path<ApiKeyId>,
) -> Answer<Response> {
    let key = key_get(&backbone.db, &page.caller, id).await?;
    let days = key_days(&backbone.db, &page.caller, id).await?;
    let total: i64 = days.iter().map(|each| each.requests).sum();
    page.shell.show(&KeyUsagePage {
        shell: page.shell.clone(),
        name: key.name,
        total: grouped(total),
        chart: Chart {
            title: "Requests a day".to_owned(),
            points: days.into_iter().map(|each| (day(each.day), each.requests)).collect(),
        },
    })
}
