//! The env file's format: lines in, lines out, and nothing of the user's lost.
//!
//! The file is read by three readers: this program, a shell (`set -a; . FILE`) and Docker's
//! `--env-file`. So a value must be plain for all of them: whatever a shell would expand or run is
//! an error here, also in the user's own lines, since the file may have come with a cloned folder.

mod keys;
mod same;
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

/// A key that the file has with another value than the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differing {
    /// The key.
    pub key: String,
    /// The file's value.
    pub file: String,
    /// The run's.
    pub run: String,
}

/// One line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// Blank, or a comment.
    Other(String),
    /// `KEY=value`, with what stands behind it.
    Pair {
        raw: String,
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
        if text.starts_with('\u{feff}') {
            return Err(BadLine {
                line: 1,
                rule:
                    "the file begins with a byte order mark (BOM), which a shell takes into the first word: \
                       save it as UTF-8 without BOM"
                        .into(),
            });
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
    pub fn differing(&self, pairs: &[(&str, String)]) -> Vec<Differing> {
        let differing = |(key, run): &(&str, String)| {
            let (file, _) = self.get(key)?;
            (!same::same(key, file, run)).then(|| Differing {
                key: (*key).to_owned(),
                file: file.to_owned(),
                run: run.clone(),
            })
        };
        pairs.iter().filter_map(differing).collect()
    }

    /// The file with `pairs` in it: known keys in their place, new ones at the end, every other line as it was.
    ///
    /// A line that changes becomes plain `KEY=value`: Docker's `--env-file` knows neither `export` nor a comment
    /// behind the value. The comment gets a line of its own.
    ///
    /// # Errors
    /// A sentence that names the key whose value no env file can hold.
    pub fn merge(&self, pairs: &[(&str, String)]) -> Result<Self, String> {
        let mut lines = self.lines.clone();
        for (key, new) in pairs {
            let text = quoted(new)
                .ok_or_else(|| format!("{key} has a control character, which no line can hold"))?;
            let is_key = |line: &Line| matches!(line, Line::Pair { key: k, .. } if k == key);
            let plain = Line::Pair {
                raw: format!("{key}={text}"),
                key: (*key).to_owned(),
                value: new.clone(),
                after: String::new(),
            };
            let Some(place) = lines.iter().position(is_key) else {
                lines.push(plain);
                continue;
            };
            let old = lines.get(place).cloned();
            if let Some(Line::Pair { value, after, .. }) = old
                && !same::same(key, &value, new)
            {
                let comment = after.trim();
                let lifted = (!comment.is_empty()).then(|| Line::Other(comment.to_owned()));
                lines.splice(place..=place, lifted.into_iter().chain([plain]));
            }
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
    Ok(Line::Pair {
        raw: raw.to_owned(),
        key: key.to_owned(),
        value,
        after: after.to_owned(),
    })
}

#[cfg(test)]
mod tests;
