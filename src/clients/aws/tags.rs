//! Tags, in the two forms that AWS's services write them: a map, and a list of `Key` and `Value`.

use crate::clients::failure::ParseFailure;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A thing's tags. Keys and values are whatever somebody wrote: untrusted text, to be compared and not to be said.
pub type Tags = BTreeMap<String, String>;

/// One tag of a list.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    key: String,
    value: String,
}

/// The list as a map.
///
/// # Errors
/// [`ParseFailure::Form`] with `field` where a key stands there twice.
pub(super) fn map_of(list: Vec<Tag>, field: &'static str) -> Result<Tags, ParseFailure> {
    let mut tags = Tags::new();
    for tag in list {
        if tags.insert(tag.key, tag.value).is_some() {
            return Err(ParseFailure::Form(field));
        }
    }
    Ok(tags)
}

/// The tags as an argument: `[{"Key":"a","Value":"b"}]`. JSON, because aws's own short form gives commas and quotes
/// in a value a meaning.
pub(super) fn list(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}

/// The tags as an argument: `{"a":"b"}`.
pub(super) fn map(tags: &Tags) -> String {
    json!(tags).to_string()
}
