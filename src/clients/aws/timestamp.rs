//! AWS's times: aws v2 prints ISO 8601, or seconds since 1970 where `cli_timestamp_format` is `wire`.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
enum Wire {
    Text(String),
    Seconds(f64),
}

/// Reads either form; for serde's `deserialize_with`, on a field that has a default.
///
/// # Errors
/// Serde's error where it is neither.
pub fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let Some(wire) = Option::<Wire>::deserialize(deserializer)? else {
        return Ok(None);
    };
    let refused = || serde::de::Error::custom("not a time");
    match wire {
        Wire::Text(text) => text.parse().map(Some).map_err(|_| refused()),
        // Whole seconds: a certificate's validity has no finer ones.
        #[allow(clippy::cast_possible_truncation)] // a float beyond i64 saturates, and jiff refuses it
        Wire::Seconds(seconds) => Timestamp::from_second(seconds as i64)
            .map(Some)
            .map_err(|_| refused()),
    }
}
