//! How a kept run is named on the command line.

use super::BadInput;
use std::str::FromStr;

/// How many characters a run's ID has, `20261123T214428Z-db80c0`.
const LENGTH: usize = 23;

/// A run: its ID, the beginning of one, or the latest. Never a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunName {
    /// The run that began last.
    Latest,
    /// The only run whose ID begins so.
    Beginning(String),
}

impl RunName {
    /// Whether `text` is a whole run's ID: when it began in UTC, `-`, six hexadecimal digits.
    #[must_use]
    pub fn is_id(text: &str) -> bool {
        text.len() == LENGTH && is_beginning(text)
    }
}

/// Whether an ID can begin so.
fn is_beginning(text: &str) -> bool {
    let fits = |(place, byte): (usize, u8)| match place {
        8 => byte == b'T',
        15 => byte == b'Z',
        16 => byte == b'-',
        0..=14 => byte.is_ascii_digit(),
        17..=22 => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        _ => false,
    };
    !text.is_empty() && text.bytes().enumerate().all(fits)
}

impl FromStr for RunName {
    type Err = BadInput;

    fn from_str(text: &str) -> Result<Self, BadInput> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        if is_beginning(text) {
            return Ok(Self::Beginning(text.to_owned()));
        }
        Err(BadInput::new(
            "a run's ID as `lakehouse evidence list` shows it (20261123T214428Z-db80c0), the beginning of one, or latest",
            "latest",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::RunName;

    #[test]
    fn an_id_its_beginning_or_the_latest_and_never_a_path() {
        assert_eq!("latest".parse(), Ok(RunName::Latest));
        for good in [
            "2",
            "20261123T2144",
            "20261123T214428Z-db80c0",
            "20261123T214428Z-",
        ] {
            assert_eq!(good.parse(), Ok(RunName::Beginning(good.to_owned())), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "../x",
            "2026/",
            "/",
            "20261123t",
            "20261123T214428Z-db80c0f",
            "20261123T214428Z-DB80C0",
            "2\0",
            "Latest",
            "*",
            "²",
        ] {
            assert!(bad.parse::<RunName>().is_err(), "{bad:?}");
        }
        assert!(RunName::is_id("20261123T214428Z-db80c0") && !RunName::is_id("20261123T214428Z-db80c"));
    }
}
