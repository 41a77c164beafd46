//! Whether a word is a slip of the hand for another.

/// Whether `word` was likely meant to be `known`: some characters of it are other, missing, too many or swapped, at
/// most one of four.
pub(in crate::cli) fn is_slip(word: &str, known: &str) -> bool {
    let (word, known): (Vec<char>, Vec<char>) = (word.chars().collect(), known.chars().collect());
    // Words of a command line are short; the table below is not made for a long one.
    word.len() <= 2 * known.len() && 4 * distance(&word, &known) <= known.len()
}

/// How many steps lead from `from` to `to` (Damerau's distance, each pair swapped once).
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, a) in from.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, b) in to.iter().enumerate() {
            let at = |line: &[usize], place: usize| line.get(place).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, column) + usize::from(a != b))
                .min(at(&last, column + 1) + 1)
                .min(at(&line, column) + 1);
            let swapped =
                row > 0 && column > 0 && from.get(row - 1) == Some(b) && to.get(column - 1) == Some(a);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut last, line);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn slips_and_other_words() {
        for (word, known) in [
            ("prefligt", "preflight"),
            ("preflgiht", "preflight"),
            ("biuld", "build"),
            ("instal", "install"),
            ("schemas", "schema"),
            ("root-domian", "root-domain"),
            ("profle", "profile"),
        ] {
            assert!(is_slip(word, known), "{word} {known}");
        }
        for (word, known) in [
            ("maybe", "man"),
            ("x", "exec"),
            ("verbose", "overwrite-env"),
            ("TRUE", "true"),
            ("", "man"),
            ("ma", "man"),
            (&*"a".repeat(10_000), "man"),
        ] {
            assert!(!is_slip(word, known), "{word} {known}");
        }
    }
}
