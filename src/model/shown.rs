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

#[cfg(test)]
mod tests {
    use super::shown;

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
