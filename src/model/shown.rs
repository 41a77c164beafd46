//! A value as an error may show it.

/// The longest piece of a value that an error shows.
const MOST: usize = 60;

/// `value` in double quotes, with control and other unprintable characters escaped, cut at 60 characters:
/// a refused value never reaches the terminal raw and never breaks the line.
#[must_use]
pub fn shown(value: &str) -> String {
    let mut escaped = String::new();
    let mut left = MOST;
    for c in value.chars() {
        let piece: String = match c {
            '\'' => "'".into(),
            c => c.escape_debug().collect(),
        };
        let Some(rest) = left.checked_sub(piece.chars().count()) else {
            return format!("\"{escaped}…\"");
        };
        left = rest;
        escaped.push_str(&piece);
    }
    format!("\"{escaped}\"")
}

/// The longest name that is shown whole: an ARN, a domain, a profile.
const LONGEST_NAME: usize = 255;

/// A name inside a sentence: bare where nothing in it could be taken for the sentence, else as [`shown`] has it.
#[must_use]
pub fn shown_name(value: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._/:@%+=-".contains(&b);
    if (1..=LONGEST_NAME).contains(&value.len()) && value.bytes().all(plain) {
        return value.to_owned();
    }
    shown(value)
}

#[cfg(test)]
mod tests {
    use super::{shown, shown_name};

    #[test]
    fn names_stand_bare_where_they_are_plain() {
        let arn = "arn:aws:acm:us-east-2:123456789012:certificate/11111111-1111-1111-1111-111111111111";
        assert_eq!(shown_name(arn), arn);
        assert_eq!(shown_name("a)\n"), r#""a)\n""#);
        assert_eq!(shown_name(""), "\"\"");
        assert_eq!(shown_name(&"a".repeat(300)).chars().count(), 63);
    }

    #[test]
    fn escapes_and_cuts() {
        assert_eq!(shown("a'b\"c"), r#""a'b\"c""#);
        assert_eq!(shown("a\nb\0\u{1b}[2J"), r#""a\nb\0\u{1b}[2J""#);
        assert!(!shown("\u{202e}\u{2028}\u{85}").contains(['\u{202e}', '\u{2028}', '\u{85}']));
        assert_eq!(shown(&"a".repeat(60)).chars().count(), 62);
        assert_eq!(shown(&"a".repeat(300)).chars().count(), 63);
        assert!(shown(&"\n".repeat(300)).chars().count() <= 63);
    }
}
