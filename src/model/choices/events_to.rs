//! Where the event stream goes.

use crate::model::BadInput;
use std::path::PathBuf;
use std::str::FromStr;

/// A file, or standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsTo {
    /// `-`: the lines stand on standard output in place of the report.
    Stdout,
    /// A file that is appended to, a pipe or a device.
    File(PathBuf),
}

impl FromStr for EventsTo {
    type Err = BadInput;

    /// Linux takes 255 bytes a part of a path and 4095 in all (`limits.h`).
    fn from_str(text: &str) -> Result<Self, BadInput> {
        if text == "-" {
            return Ok(Self::Stdout);
        }
        let good = (1..=4095).contains(&text.len())
            && text.split('/').all(|part| part.len() <= 255)
            && !text.chars().any(char::is_control)
            && !text.ends_with('/');
        if good {
            return Ok(Self::File(text.into()));
        }
        Err(BadInput::new(
            "- or a file's path without control characters, 255 bytes a part",
            "events.jsonl",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::EventsTo;

    #[test]
    fn a_file_or_stdout() {
        assert_eq!("-".parse(), Ok(EventsTo::Stdout));
        assert_eq!("./-".parse(), Ok(EventsTo::File("./-".into())));
        for bad in ["", "a\nb", "folder/", &*"a".repeat(256)] {
            assert!(bad.parse::<EventsTo>().is_err(), "{bad:?}");
        }
    }
}
