//! An AWS profile's name.

use super::{BadInput, name};

name! {
    /// An AWS profile's name.
    ///
    /// AWS gives no rule; the config file does: a name stands in `[profile NAME]` on one line, so it
    /// holds no control character and no `]`. Spaces, quotes and `$` are legal, so it is
    /// handed to tools by environment or argv and never to a shell.
    Profile, check
}

fn check(text: &str) -> Result<(), BadInput> {
    let good = (1..=128).contains(&text.chars().count()) && !text.chars().any(|c| c.is_control() || c == ']');
    if good {
        return Ok(());
    }
    Err(BadInput::new(
        "1 to 128 characters without ']' and control characters",
        "default",
    ))
}

#[cfg(test)]
mod tests {
    use super::Profile;

    #[test]
    fn what_a_section_heading_can_hold() {
        for good in [
            "default",
            "my corp",
            "o'neill",
            "corp$(touch X)",
            "a\"b",
            "ä",
            "a;b",
        ] {
            assert_eq!(good.parse::<Profile>().unwrap().as_str(), good);
        }
        for bad in ["", "a]b", "a\nb", "a\0b", "a\tb", "\u{1b}[31m", &*"a".repeat(129)] {
            assert!(bad.parse::<Profile>().is_err(), "{bad:?}");
        }
    }
}
