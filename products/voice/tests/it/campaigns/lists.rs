//! Contact lists in CSV.

use std::time::Instant;

use serde_json::{Value, json};

use super::{Scene, list};
use crate::workflow;

/// A campaign with the template that needs a name.
async fn reminder(scene: &Scene) -> String {
    let template = freehold_voice::template::template_find("appointment_reminder").unwrap();
    let workflow = workflow(&scene.app, &scene.owner, &json!(template.graph)).await;
    scene.make(&json!({ "workflow_id": workflow })).await.expect(201).at("/id")
}

const HEADER: &str = "phone,name,business,date,time,desk";

fn row(phone: &str, name: &str) -> String {
    format!("{phone},{name},the practice,\"Thursday, the 4th\",ten,+4930901820")
}

#[tokio::test]
async fn the_good_rows_of_a_file_are_kept_and_the_bad_ones_told_by_line() {
    let scene = Scene::new().await;
    let id = reminder(&scene).await;
    let rows = [
        row("+4930901821", "Ada"),
        row("030 901821", "Bob"),
        row("+4930901822", ""),
        row("+49 30 90 18 21", "Cyd"),
        "+4930901823,Dan".to_owned(),
        row("+4930901824", "\"Eve, \"\"the\nbest\"\"\""),
        row("+4930901825", "Fay"),
    ];
    let file = format!("{HEADER}\r\n{}\r\n", rows.join("\r\n"));
    let answer = scene.add(&id, &file).await.expect(201);
    let number = "expected a number with + and its country code (E.164), such as +4930901820; name the country of numbers \
                  without one as `default_country`";
    let column = |name: &str| json!({ "column": name, "field": name });
    assert_eq!(
        answer.json(),
        json!({
            "added": 3, "refused": 4, "duplicates": 1, "contacts": 3,
            "format": { "kind": "csv", "encoding": "UTF-8", "separator": ",", "sheet": null },
            "columns": HEADER.split(',').map(column).collect::<Vec<_>>(), "ignored_columns": [],
            "errors": [
                { "line": 3, "column": "phone", "message": number },
                { "line": 4, "column": "name", "message": "the input 'name' is required" },
                { "line": 5, "column": "phone", "message": "repeats the number of line 2" },
                { "line": 6, "message": "the row has 2 cells, the header 6" },
            ],
        })
    );
    let contacts = scene.get(&format!("/campaigns/{id}/contacts")).send().await.expect(200);
    assert_eq!((contacts.at("/data/0/line"), contacts.at("/data/1/line")), ("9".into(), "7".into()));
    assert_eq!(contacts.at("/data/1/inputs/name"), "Eve, \"the\nbest\"");
    assert_eq!(contacts.at("/data/2/phone"), "+4930901821");
    assert_eq!((contacts.at("/data/2/status"), contacts.at("/data/2/tries")), ("waiting".into(), "0".into()));
}

#[tokio::test]
async fn when_all_rows_are_to_be_good_one_bad_one_keeps_all_out() {
    let scene = Scene::new().await;
    let id = reminder(&scene).await;
    let file = format!("{HEADER}\n{}\n{}\n{}\n", row("+4930901821", "Ada"), row("x", "Bob"), row("+4930901822", ""));
    let refused = scene.upload(&id, &file).query("on_error=refuse_all").send().await.refused(422, "validation_failed");
    assert_eq!(
        (refused.at("/errors/0/pointer"), refused.at("/errors/1/pointer")),
        ("/3/phone".into(), "/4/name".into())
    );
    assert!(refused.at("/detail").starts_with("2 rows are not valid"), "{refused}");
    assert_eq!(scene.progress(&id).await["total"], 0);
    // A number that is in the campaign already is found only when it is added.
    scene.add(&id, &format!("{HEADER}\n{}\n", row("+4930901821", "Ada"))).await.expect(201);
    let again = format!("{HEADER}\n{}\n{}\n", row("+4930901829", "Gus"), row("+4930901821", "Ada"));
    let refused = scene.upload(&id, &again).query("on_error=refuse_all").send().await.refused(422, "validation_failed");
    assert_eq!(refused.at("/errors/0/message"), "the campaign has this number already");
    assert_eq!(scene.progress(&id).await["total"], 1);
    let kept = scene.add(&id, &again).await.expect(201);
    assert_eq!(
        (kept.at("/added"), kept.at("/errors/0/line"), kept.at("/contacts")),
        ("1".into(), "3".into(), "2".into())
    );
    scene.upload(&id, &again).query("on_error=shrug").send().await.refused(400, "malformed_request");
}

#[tokio::test]
async fn ten_thousand_rows_are_added_within_seconds_and_told_page_by_page() {
    let scene = Scene::new().await;
    let id = scene.make(&json!({})).await.expect(201).at("/id");
    let since = Instant::now();
    let answer = scene.add(&id, &list(0..10_000)).await.expect(201);
    let took = since.elapsed();
    println!("10,000 contacts added in {took:.1?}");
    assert_eq!((answer.at("/added"), answer.at("/contacts")), ("10000".into(), "10000".into()));
    assert!(took.as_secs() < 10, "{took:?}");
    let mut seen = Vec::new();
    let mut path = format!("/campaigns/{id}/contacts?limit=200");
    loop {
        let page = scene.get(&path).send().await.expect(200).json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|contact| contact["line"].as_i64().unwrap()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/campaigns/{id}/contacts?limit=200&cursor={cursor}");
    }
    assert_eq!(seen, (2..10_002).rev().collect::<Vec<i64>>());
    let more = scene.add(&id, &list(0..10_001)).await.refused(422, "validation_failed");
    assert!(more.at("/detail").contains("more than 10000 contacts"), "{more}");
}

#[tokio::test]
async fn a_campaign_has_room_for_a_hundred_thousand() {
    let scene = Scene::new().await;
    let id = scene.draft(&json!({}), 1).await;
    let admin = scene.app.test.admin().await;
    admin.batch_execute("update voice.campaigns set contacts = 99999").await.unwrap();
    let full = scene.add(&id, &list(10..12)).await.refused(422, "validation_failed");
    assert!(full.at("/errors/0/message").contains("can take 1 more"), "{full}");
    scene.add(&id, &list(10..11)).await.expect(201);
}

#[tokio::test]
async fn many_bad_rows_are_counted_and_the_first_hundred_told() {
    let scene = Scene::new().await;
    let id = scene.make(&json!({})).await.expect(201).at("/id");
    let nobody = "nobody\n".repeat(300);
    let answer = scene.add(&id, &format!("phone\n{nobody}+4930901820\n")).await.expect(201).json();
    assert_eq!((&answer["added"], &answer["refused"]), (&json!(1), &json!(300)));
    assert_eq!(answer["errors"].as_array().unwrap().len(), 100);
    assert_eq!(answer["errors"][99]["line"], 101);
    let refused = scene.add(&id, &format!("phone\n{nobody}")).await.refused(422, "validation_failed").json();
    assert!(refused["detail"].as_str().unwrap().starts_with("All 300 rows"), "{refused}");
    assert_eq!(refused["errors"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn a_file_says_what_it_is_and_is_not_endless() {
    let scene = Scene::new().await;
    let id = scene.make(&json!({})).await.expect(201).at("/id");
    let path = format!("/campaigns/{id}/contacts");
    scene.post(&path).json(&json!([])).send().await.refused(415, "unsupported_media_type");
    let with_set = scene.post(&path).header("content-type", "Text/CSV; charset=utf-8").bytes(list(0..1));
    with_set.send().await.expect(201);
    let long = format!("phone\n{}", "x".repeat(5 * 1024 * 1024));
    scene.add(&id, &long).await.refused(413, "body_too_large");
    let fits = format!("phone\n{}", "x".repeat(2 * 1024 * 1024));
    scene.add(&id, &format!("{fits}\n+4930901821\n")).await.expect(201);
    scene.add(&id, "").await.refused(422, "validation_failed");
    scene.add(&id, "telephone\n1\n").await.refused(422, "validation_failed");
}

#[tokio::test]
async fn a_retried_file_is_added_once() {
    let scene = Scene::new().await;
    // Without numbers, contacts cannot be told apart.
    let mut with_name = crate::graph();
    with_name["inputs"] = json!([{ "name": "name" }]);
    let named = workflow(&scene.app, &scene.owner, &with_name).await;
    let id = scene.make(&json!({ "workflow_id": named })).await.expect(201).at("/id");
    let ask = |file: &str| scene.upload(&id, file).idempotent("list");
    let first = ask("name\nAda\nBob\n").send().await.expect(201);
    let again = ask("name\nAda\nBob\n").send().await.expect(201);
    assert_eq!((again.text(), again.header("idempotent-replayed")), (first.text(), "true"));
    assert_eq!(scene.progress(&id).await["total"], 2);
    ask("name\nCyd\n").send().await.refused(409, "idempotency_key_reused");
    ask("name\nAda\nBob\n").query("on_error=refuse_all").send().await.refused(409, "idempotency_key_reused");
}

#[tokio::test]
async fn two_files_at_once_bring_a_number_once() {
    let scene = Scene::new().await;
    let id = scene.make(&json!({})).await.expect(201).at("/id");
    let file = list(0..500);
    let answers = futures_util::future::join_all((0..4).map(|_| scene.add(&id, &file))).await;
    let added: i64 = answers.iter().map(|answer| answer.json()["added"].as_i64().unwrap()).sum();
    assert_eq!(added, 500);
    assert_eq!(scene.progress(&id).await["total"], 500);
    assert_eq!(scene.read(&id).await.json()["progress"]["left"], Value::from(500));
}
