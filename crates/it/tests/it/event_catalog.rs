//! The event catalog.

use freehold::products::PRODUCTS;
use freehold_compose::event_types;

use crate::harness::app::TestApp;

#[tokio::test]
async fn the_page_has_every_event_with_its_schema_and_a_sample() {
    let app = TestApp::with(crate::voice()).await;
    let page = app.get("/docs/events").send().await.expect(200);
    for event in event_types(&freehold_voice::PRODUCT) {
        assert!(page.text().contains(&format!("id=\"{}\"", event.name)), "{} has no place to link to", event.name);
        let schema = (event.schema)();
        for field in schema["properties"].as_object().unwrap().keys() {
            assert!(page.text().contains(&format!(">{field}</code>")), "{}: {field} is not shown", event.name);
        }
    }
    assert!(app.get("/docs").send().await.expect(200).text().contains("href=\"/docs/events\""));
}

#[test]
fn samples_are_what_their_schemas_say() {
    for (_, product) in PRODUCTS {
        for event in event_types(product) {
            let (schema, sample) = ((event.schema)(), (event.sample)());
            let properties = schema["properties"].as_object().unwrap_or_else(|| panic!("{}: {schema}", event.name));
            let sample = sample.as_object().unwrap();
            assert!(sample.keys().all(|field| properties.contains_key(field)), "{}: {sample:?}", event.name);
            for required in schema["required"].as_array().into_iter().flatten() {
                assert!(sample.contains_key(required.as_str().unwrap()), "{}: {required}", event.name);
            }
            let described = |property: &serde_json::Value| {
                property["description"].is_string() || property.get("$ref").is_some() || property.get("oneOf").is_some()
            };
            assert!(properties.values().all(described), "{}: {schema}", event.name);
        }
    }
}
