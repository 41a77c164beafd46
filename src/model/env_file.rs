//! The env file's format: lines in, lines out, and nothing of the user's lost.
//!
//! The file is read by three readers: this program, a shell (`set -a; . FILE`) and Docker's
//! `--env-file`. So a value must be plain for all of them: whatever a shell would expand or run is
//! an error here, also in the user's own lines, since the file may have come with a cloned folder.

mod keys;
mod value;

pub use keys::Refused;
pub use value::quoted;

use std::collections::BTreeMap;

/// The most an env file may hold; a larger one is not an env file.
pub const MAX_BYTES: u64 = 64 * 1024;

/// A line that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// What it must be, as a whole sentence without its end.
    pub rule: String,
}

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// Blank, or a comment.
    Other(String),
    /// `KEY=value`, with what stands around it.
    Pair {
        raw: String,
        before: String,
        key: String,
        value: String,
        after: String,
    },
}

/// An env file: its lines in order, the user's own as they were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EnvFile {
    lines: Vec<Line>,
}

impl EnvFile {
    /// Reads the text of an env file.
    ///
    /// # Errors
    /// [`BadLine`] for the first line that is no comment and no plain `KEY=value`, that has a key twice, or a
    /// key that chooses how tools are run.
    pub fn parse(text: &str) -> Result<Self, BadLine> {
        let mut lines = Vec::new();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        if text.is_empty() {
            return Ok(Self::default());
        }
        // Only LF ends a line for a shell: `str::lines` would hide a CR, which a shell takes into the value.
        let body = text.strip_suffix('\n').unwrap_or(text);
        for (number, raw) in (1..).zip(body.split('\n')) {
            let line = parse_line(raw).map_err(|rule| BadLine { line: number, rule })?;
            if let Line::Pair { key, .. } = &line
                && let Some(first) = seen.insert(key.clone(), number)
            {
                return Err(BadLine {
                    line: number,
                    rule: format!("{key} stands here and in line {first}: keep one"),
                });
            }
            lines.push(line);
        }
        Ok(Self { lines })
    }

    /// The value of `key` and the number of its line. An empty value counts as none: older versions
    /// wrote `KEY=""` for what was not known.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<(&str, usize)> {
        (1..).zip(&self.lines).find_map(|(number, line)| match line {
            Line::Pair { key: k, value, .. } if k == key && !value.is_empty() => {
                Some((value.as_str(), number))
            }
            _ => None,
        })
    }

    /// The keys of `pairs` that the file has with another value.
    #[must_use]
    pub fn differing<'a>(&self, pairs: &[(&'a str, String)]) -> Vec<&'a str> {
        let differs = |(key, value): &&(&str, String)| self.get(key).is_some_and(|(is, _)| is != value);
        pairs.iter().filter(differs).map(|(key, _)| *key).collect()
    }

    /// The file with `pairs` in it: known keys in their place, new ones at the end, every other line as it was.
    ///
    /// # Errors
    /// A sentence that names the key whose value no env file can hold.
    pub fn merge(&self, pairs: &[(&str, String)]) -> Result<Self, String> {
        let mut lines = self.lines.clone();
        for (key, new) in pairs {
            let text = quoted(new)
                .ok_or_else(|| format!("{key} has a control character, which no line can hold"))?;
            let place = lines
                .iter_mut()
                .find(|l| matches!(l, Line::Pair { key: k, .. } if k == key));
            if let Some(Line::Pair {
                raw,
                before,
                value,
                after,
                ..
            }) = place
            {
                if value != new {
                    *raw = format!("{before}{key}={text}{after}");
                    value.clone_from(new);
                }
                continue;
            }
            lines.push(Line::Pair {
                raw: format!("{key}={text}"),
                before: String::new(),
                key: (*key).to_owned(),
                value: new.clone(),
                after: String::new(),
            });
        }
        Ok(Self { lines })
    }

    /// The text of the file.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let (Line::Other(raw) | Line::Pair { raw, .. }) = line;
            text.push_str(raw);
            text.push('\n');
        }
        text
    }
}

/// One line, or the rule that it breaks.
fn parse_line(raw: &str) -> Result<Line, String> {
    if raw.ends_with('\r') {
        return Err(
            "the line ends with CR LF, and a shell would take the CR into the value: save the file with \
                    LF line ends"
                .into(),
        );
    }
    if raw.contains(|c: char| c.is_control() && c != '\t') {
        return Err("the line holds a control character".into());
    }
    let text = raw.trim_start_matches([' ', '\t']);
    if text.is_empty() || text.starts_with('#') {
        return Ok(Line::Other(raw.to_owned()));
    }
    let assignment = match text.strip_prefix("export") {
        Some(rest) if rest.starts_with([' ', '\t']) => rest.trim_start_matches([' ', '\t']),
        _ => text,
    };
    let form = || "the line must be KEY=value, a comment (#) or blank".to_owned();
    let (key, rest) = assignment.split_once('=').ok_or_else(form)?;
    if !keys::is_key(key) {
        return Err(form());
    }
    if let Some(why) = Refused::of(key) {
        return Err(why.sentence(key));
    }
    let (value, after) = value::read(rest).map_err(|rule| format!("{key}: {rule}"))?;
    let before = raw.get(..raw.len() - assignment.len()).unwrap_or_default();
    Ok(Line::Pair {
        raw: raw.to_owned(),
        before: before.to_owned(),
        key: key.to_owned(),
        value,
        after: after.to_owned(),
    })
}

#[cfg(test)]
mod tests;
