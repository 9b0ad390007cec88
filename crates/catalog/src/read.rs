//! Parsing of the text: TOML with positions, read by hand instead of through serde, because serde stops at the first
//! error and its messages address programmers.

mod report;
mod section;
pub(crate) mod suggest;
mod value;
mod words;

pub(crate) use report::Report;
pub(crate) use section::Section;
pub(crate) use value::Value;
pub(crate) use words::Words;
