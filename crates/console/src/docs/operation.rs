//! One operation of the API as the page shows it.

use serde_json::Value;

use super::{
    command::{self, Credential},
    example,
    outline::Source,
    schema::{self, Row},
};
use crate::prose::Prose;

/// One method of one path.
pub(super) struct Operation {
    pub(super) description: Prose,
    pub(super) parameters: Vec<Parameters>,
    pub(super) body: Option<Body>,
    pub(super) responses: Vec<Response>,
    /// The curl command.
    pub(super) command: String,
    /// The credential that the command expects in a variable of the shell.
    pub(super) credential: Credential,
    /// Example of a successful response; none when it is not JSON.
    pub(super) answer: Option<String>,
}

/// The parameters of one place, such as the query.
pub(super) struct Parameters {
    /// Heading: `In the path`.
    pub(super) place: &'static str,
    pub(super) rows: Vec<Row>,
}

/// The request body.
pub(super) struct Body {
    pub(super) required: bool,
    pub(super) media_type: String,
    pub(super) rows: Vec<Row>,
}

/// A response.
pub(super) struct Response {
    pub(super) status: String,
    /// Colour of the status: `good`, `warn` or `plain`.
    pub(super) tone: &'static str,
    pub(super) description: Prose,
    pub(super) rows: Vec<Row>,
}

/// Reads an operation for its page.
pub(super) fn read(document: &Value, site_url: &str, source: &Source<'_>) -> Operation {
    let Source { path, method, item, operation } = *source;
    let parameters: Vec<&Value> = [&item["parameters"], &operation["parameters"]]
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .map(|parameter| schema::resolve(document, parameter))
        .collect();
    let content = json_content(schema::resolve(document, &operation["requestBody"]));
    let body_example = content.map(|(_, media)| example::of_media(document, media));
    let request = command::Request {
        document,
        site_url,
        method,
        path,
        operation,
        parameters: &parameters,
        body: body_example.as_ref(),
    };
    Operation {
        description: Prose::parse(operation["description"].as_str().unwrap_or_default()),
        command: command::curl(&request),
        credential: command::credential(&request),
        parameters: parameters_by_place(document, &parameters),
        body: body(document, operation),
        responses: responses(document, operation),
        answer: answer(document, operation),
    }
}

fn parameters_by_place(document: &Value, parameters: &[&Value]) -> Vec<Parameters> {
    let places = [
        ("path", "In the path"),
        ("query", "In the query"),
        ("header", "In the headers"),
        ("cookie", "In the cookies"),
    ];
    let by_place = places.into_iter().map(|(key, place)| Parameters {
        place,
        rows: parameters
            .iter()
            .filter(|parameter| parameter["in"] == key)
            .map(|parameter| schema::parameter_row(document, parameter))
            .collect(),
    });
    by_place.filter(|parameters| !parameters.rows.is_empty()).collect()
}

fn body(document: &Value, operation: &Value) -> Option<Body> {
    let body = schema::resolve(document, operation.get("requestBody")?);
    let (media_type, media) = json_content(body)?;
    Some(Body {
        required: body["required"].as_bool().unwrap_or(false),
        media_type: media_type.to_owned(),
        rows: schema::rows(document, &media["schema"]),
    })
}

fn responses(document: &Value, operation: &Value) -> Vec<Response> {
    let responses = operation["responses"].as_object().into_iter().flatten();
    let read = responses.map(|(status, response)| {
        let response = schema::resolve(document, response);
        Response {
            status: status.clone(),
            tone: match status.as_bytes().first() {
                Some(b'2') => "good",
                Some(b'4' | b'5') => "warn",
                _ => "plain",
            },
            description: Prose::parse(response["description"].as_str().unwrap_or_default()),
            rows: json_content(response).map(|(_, media)| schema::rows(document, &media["schema"])).unwrap_or_default(),
        }
    });
    read.collect()
}

/// An example of the first successful response.
fn answer(document: &Value, operation: &Value) -> Option<String> {
    let (_, response) = operation["responses"].as_object()?.iter().find(|(status, _)| status.starts_with('2'))?;
    let (media_type, media) = json_content(schema::resolve(document, response))?;
    let example = example::of_media(document, media);
    let worth_showing = media_type.contains("json") && !example.is_null();
    worth_showing.then(|| serde_json::to_string_pretty(&example).ok()).flatten()
}

/// The JSON media type of a body or response, or its first media type if none is JSON.
fn json_content(body: &Value) -> Option<(&str, &Value)> {
    let content = body["content"].as_object()?;
    let json = content.iter().find(|(media_type, _)| media_type.contains("json"));
    json.or_else(|| content.iter().next()).map(|(media_type, media)| (media_type.as_str(), media))
}
