//! How the text becomes values: TOML with the position of everything, read by hand instead of through serde, because
//! serde stops at the first mistake and its messages are written for programmers.

mod report;
mod section;
pub(crate) mod suggest;
mod value;
mod words;

pub(crate) use report::Report;
pub(crate) use section::Section;
pub(crate) use value::Value;
pub(crate) use words::Words;
