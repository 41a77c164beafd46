//! One value: read as a shell would, written so that a shell gives it back.

/// Characters that no reader of the file gives a meaning inside an unquoted value.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_./:@%+,=-".contains(c)
}

/// `value` as it stands after `KEY=`: bare where no reader needs quotes (Docker's `--env-file` knows
/// none), else in single quotes. None for what a line can't hold: control characters.
#[must_use]
pub fn quoted(value: &str) -> Option<String> {
    if value.chars().any(char::is_control) {
        return None;
    }
    if value.chars().all(is_plain) {
        return Some(value.to_owned());
    }
    Some(format!("'{}'", value.replace('\'', r"'\''")))
}

const EXPANDS: &str = "a shell would expand or run this value: put it in single quotes";

/// Reads the value after `KEY=`; gives it and what follows it (blanks and a comment).
pub(super) fn read(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match first {
            '\'' => rest = quoted_part(rest, '\'', &mut value)?,
            '"' => rest = quoted_part(rest, '"', &mut value)?,
            // The idiom for a single quote between single-quoted parts: 'it'\''s'.
            '\\' => {
                rest = rest.strip_prefix(r"\'").ok_or(EXPANDS)?;
                value.push('\'');
            }
            ' ' | '\t' => return after(rest).map(|after| (value, after)),
            c if is_plain(c) || c.is_alphanumeric() || "^#!".contains(c) => {
                // `KEY=#x` is a value for a shell; for a person it looks like a comment.
                if c == '#' && value.is_empty() {
                    return Err("the value begins with #: put it in single quotes".into());
                }
                value.push(c);
                rest = &rest[c.len_utf8()..];
            }
            _ => return Err(EXPANDS.into()),
        }
    }
    Ok((value, ""))
}

/// One quoted part at the beginning of `text`; gives what follows it.
fn quoted_part<'a>(text: &'a str, quote: char, value: &mut String) -> Result<&'a str, String> {
    let (inner, rest) = text[1..]
        .split_once(quote)
        .ok_or_else(|| format!("the quote ({quote}) is not closed on this line"))?;
    if quote == '"' && inner.contains(['$', '`', '\\']) {
        return Err(EXPANDS.into());
    }
    value.push_str(inner);
    Ok(rest)
}

/// What may follow a value: blanks, and a comment after them.
fn after(text: &str) -> Result<&str, String> {
    let word = text.trim_start_matches([' ', '\t']);
    if word.is_empty() || word.starts_with('#') {
        return Ok(text);
    }
    Err("something follows the value, and a shell would run it: put the whole value in single quotes".into())
}
