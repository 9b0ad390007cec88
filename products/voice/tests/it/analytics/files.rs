//! Analytics as files.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use serde_json::json;

use super::{Person, TestApp, at, call, owner};
use crate::{graph, harness::app::Answer};

async fn file(app: &TestApp, owner: &Person, path: &str) -> Answer {
    app.get(&format!("/api/v1/analytics/{path}")).key(&owner.key).send().await.expect(200)
}

async fn named(app: &TestApp, owner: &Person, name: &str) -> String {
    let body = json!({ "name": name, "graph": graph() });
    app.post("/api/v1/workflows").key(&owner.key).json(&body).send().await.expect(201).at("/id")
}

/// The texts that a PDF reader finds in it.
fn printed(report: &[u8]) -> String {
    let mut reader = Command::new("pdftotext")
        .args(["-layout", "-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("pdftotext is there: scripts/test-programs.sh installs it");
    reader.stdin.take().unwrap().write_all(report).unwrap();
    let output = reader.wait_with_output().unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && complaints.is_empty(), "{complaints}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_table_holds_what_the_answer_says() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = named(&app, &owner, "Greeting").await;
    let took: i64 = call(&app, &owner, &id).await.json()["duration_ms"].as_i64().unwrap();
    let table = file(&app, &owner, "calls.csv?from=2026-03-14&to=2026-03-15&time_zone=Asia/Kolkata").await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(table.header("content-disposition"), "attachment; filename=\"calls-2026-03-14-to-2026-03-15.csv\"");
    assert_eq!(
        table.text(),
        format!(
            "local,starts_at,calls,completed,failed,succeeded,success_rate,duration_ms,average_duration_ms,cost_minor,currency\r\n\
             2026-03-14,2026-03-13T18:30:00Z,0,0,0,0,,0,,0,usd\r\n\
             2026-03-15,2026-03-14T18:30:00Z,1,1,0,1,1.0000,{took},{took},1,usd\r\n"
        )
    );
    let hours = file(&app, &owner, "calls.csv?from=2026-03-15&by=hour").await;
    assert_eq!(
        (hours.text().lines().count(), hours.header("content-disposition").contains("calls-by-hour")),
        (25, true)
    );
}

#[tokio::test]
async fn a_name_in_a_table_is_no_formula() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = named(&app, &owner, "=HYPERLINK(\"https://example.com\")").await;
    let took = call(&app, &owner, &id).await.json()["duration_ms"].clone();
    let table = file(&app, &owner, "workflows.csv").await;
    assert_eq!(
        table.text(),
        format!(
            "id,name,calls,completed,failed,succeeded,success_rate,duration_ms,average_duration_ms,cost_minor,currency\r\n\
             {id},\"'=HYPERLINK(\"\"https://example.com\"\")\",1,1,0,1,1.0000,{took},{took},1,usd\r\n"
        )
    );
    let campaigns = file(&app, &owner, "campaigns.csv").await;
    assert_eq!(campaigns.text().lines().count(), 1);
}

#[tokio::test]
async fn a_name_is_no_formula_wherever_a_spreadsheet_splits_the_table() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = named(&app, &owner, "x;=1+1;y").await;
    call(&app, &owner, &id).await;
    let table = file(&app, &owner, "workflows.csv").await;
    let row = table.text().lines().nth(1).unwrap().to_owned();
    assert!(row.starts_with(&format!("{id},x;'=1+1;y,1,1,0,1,")), "{row}");
    for separator in [',', ';', '\t', '|'] {
        assert!(row.split(separator).all(|cell| !cell.starts_with(['=', '+', '-', '@'])), "{row}");
    }
}

#[tokio::test]
async fn a_table_begins_with_a_byte_order_mark_where_that_is_asked_for() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    for path in ["calls.csv", "workflows.csv", "campaigns.csv"] {
        let plain = file(&app, &owner, path).await;
        let marked = file(&app, &owner, &format!("{path}?bom=true&time_zone=UTC")).await;
        assert_eq!(marked.bytes(), [b"\xef\xbb\xbf", plain.bytes()].concat());
        assert_eq!(file(&app, &owner, &format!("{path}?bom=false")).await.bytes(), plain.bytes());
        for wrong in ["bom=1", "bom=", "bom", "bom=true&bom=true", "mob=true"] {
            let refused = app.get(&format!("/api/v1/analytics/{path}?{wrong}")).key(&owner.key).send().await;
            refused.refused(400, "malformed_request");
        }
    }
}

#[tokio::test]
async fn a_report_can_be_read() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let rename = json!({ "name": "Žemės ūkis & Söhne" });
    let path = format!("/api/v1/organizations/{}", owner.organization);
    app.patch(&path).key(&owner.key).json(&rename).send().await.expect(200);
    let id = named(&app, &owner, "Nhắc lịch hẹn").await;
    for _ in 0..3 {
        call(&app, &owner, &id).await;
    }
    let path = format!("calls.pdf?workflow_id={id}");
    let report = file(&app, &owner, &path).await;
    assert_eq!(report.header("content-type"), "application/pdf");
    assert_eq!(report.header("content-disposition"), "attachment; filename=\"calls-2026-02-14-to-2026-03-15.pdf\"");
    let text = printed(report.bytes());
    for part in [
        "Žemės ūkis & Söhne · Nhắc lịch hẹn",
        "14 February 2026 to 15 March 2026 · days in UTC",
        "2026-02-14",
        "100.0 %",
        "$0.03",
        "VoiceFX AI · made on 15 March 2026, 12:00 UTC",
        "Page 1 of 1",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    let last: Vec<&str> =
        text.lines().find(|line| line.trim_start().starts_with("2026-03-15 ")).unwrap().split_whitespace().collect();
    assert_eq!(last[..5], ["2026-03-15", "3", "3", "0", "3"]);
    assert_eq!(file(&app, &owner, &path).await.bytes(), report.bytes());
    at(&app, "2026-03-15T12:01:00Z");
    assert_ne!(file(&app, &owner, &path).await.bytes(), report.bytes());
}

#[tokio::test]
async fn a_report_of_a_year_and_of_strange_names_can_be_read_too() {
    let app = TestApp::with(crate::voice()).await;
    let owner = owner(&app).await;
    let id = named(&app, &owner, "日本語 مرحبا 🚀 Größe").await;
    call(&app, &owner, &id).await;
    let path = format!("calls.pdf?workflow_id={id}&from=2025-03-16&to=2026-03-15");
    let text = printed(file(&app, &owner, &path).await.bytes());
    assert!(text.contains("Größe") && text.contains("\u{FFFD}"), "{text}");
    assert!(text.contains("Page 8 of 8") && text.contains("2025-03-16"), "{text}");
}
