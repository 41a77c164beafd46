//! The documents say what the source says: codes, exit codes, commands, flags, variables and paths.

use clap::CommandFactory;
use lakehouse::cli::args::Args;
use lakehouse::cli::run;
use lakehouse::report::Code;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Codes that the contract names and no check of this version gives.
const RESERVED: &[Code] = &[];

/// Documents whose paths must exist.
const DOCUMENTS: &[&str] = &[
    "README.md",
    "docs/agents.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docker/toolbox/README.md",
    "docs/architecture.md",
    "docs/codes.md",
    "docs/credentials.md",
    "docs/evidence.md",
    "docs/install.md",
    "docs/performance.md",
    "docs/permissions.md",
    "docs/preflight.md",
    "docs/reliability.md",
    "docs/security.md",
];

/// Named before they are merged; each may also be there.
const EXPECTED: [&str; 2] = ["docs/performance.md", "scripts/bench"];

/// Hosts that a file may name by URL: AWS's, and those of the formats and programs that the text cites.
const HOSTS: &[&str] = &[
    "amazonaws.com",
    "kubernetes.default.svc",
    "aws.amazon.com",
    "awsapps.com",
    "github.com",
    "github.io",
    "get.helm.sh",
    "dl.k8s.io",
    "rustup.rs",
    "apache.org",
    "json-schema.org",
    "eksctl.io",
    "kubernetes.io",
    "keepachangelog.com",
    "semver.org",
    "a.com",
    "localhost",
    "127.0.0.1",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every text file below `folder`, by its path in the repository.
fn files(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            if ["target", ".git"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                found.push((name, text));
            }
        }
    }
    found.sort();
    found
}

/// The rows of the first table below the heading `heading`, cells trimmed, header and rule left out.
fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let document = text(document);
    let below = document
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("no heading {heading:?}"))
        .1;
    below
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            line.trim_matches('|')
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect()
        })
        .collect()
}

/// What stands between single backticks, code blocks apart.
fn code_spans(document: &str) -> Vec<String> {
    let mut spans = Vec::new();
    let mut in_block = false;
    for line in document.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            spans.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    spans
}

/// Lines of code blocks, without a prompt.
fn code_lines(document: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut in_block = false;
    for line in document.lines() {
        if line.starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            lines.push(line.strip_prefix("$ ").unwrap_or(line).to_owned());
        }
    }
    lines
}

fn codes_document() -> String {
    use std::fmt::Write as _;
    let mut text = String::from(
        "# Codes\n\nEach blocker, warning, remediation and failure of a report has one of these codes. Codes are added, \
         never renamed. A report's own\n`remediation` is more exact than the remedy here: it holds the command with \
         this profile, region and name.\n\nA code says why a check did not pass. Whether it blocks is the check's \
         outcome: `fail` is a blocker, `warn` a warning.\nDenied, throttled, unreachable and timed out mean that the \
         answer is unknown: never that something is absent.\n\nMade from `src/report/codes.rs`; `tests/documents.rs` \
         fails where the two differ.\n\n| code | meaning | remedy |\n| --- | --- | --- |\n",
    );
    for code in Code::ALL {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} |",
            code.name(),
            code.meaning(),
            code.remedy()
        );
    }
    for (number, code) in RESERVED.iter().enumerate() {
        if number == 0 {
            text.push_str("\n## Reserved\n\nNamed by the contract; no check of this version gives them, they come with later checks:\n");
        }
        let _ = writeln!(text, "- `{}`", code.name());
    }
    text
}

#[test]
fn the_codes_document_is_the_sources() {
    let path = root().join("docs/codes.md");
    let wanted = codes_document();
    if std::env::var_os("LAKEHOUSE_BLESS").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found
        .lines()
        .zip(wanted.lines())
        .find(|(found, wanted)| found != wanted);
    assert!(
        found == wanted,
        "docs/codes.md is not what src/report/codes.rs says (first difference: {differs:?}).\n\
         Write it anew: LAKEHOUSE_BLESS=1 cargo test --locked --test documents"
    );
}

#[test]
fn no_code_breaks_the_table() {
    for code in Code::ALL {
        let row = format!("{}{}", code.meaning(), code.remedy());
        assert!(!row.contains(['|', '\n']), "{}", code.name());
    }
}

#[test]
fn each_code_is_given_somewhere_or_is_reserved() {
    let source: String = files("src")
        .into_iter()
        .filter(|(name, _)| name != "src/report/codes.rs")
        .map(|(_, text)| text)
        .collect();
    for code in Code::ALL {
        let used = source
            .split(&format!("Code::{code:?}"))
            .skip(1)
            .any(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
        assert_eq!(
            used,
            !RESERVED.contains(code),
            "{}: used in src: {used}; RESERVED in tests/documents.rs must say the opposite",
            code.name()
        );
    }
}

#[test]
fn the_readme_has_the_exit_codes_of_the_source() {
    let rows = table("README.md", "## Exit codes");
    let mut said = BTreeSet::new();
    for row in &rows {
        let reserved = row[1].contains("reserved");
        let codes = row[0].split(',').map(|code| code.trim().parse::<i32>().unwrap());
        said.extend(codes.map(|code| (code, reserved)));
    }
    let source = text("src/cli/run.rs");
    let constants: BTreeSet<i32> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split_once(": i32 = "))
        .map(|(_, value)| value.trim_end_matches(';').parse().unwrap())
        .filter(|value| *value != run::SIGNALLED)
        .collect();
    let given = |(code, reserved): &(i32, bool)| (!reserved && *code < run::SIGNALLED).then_some(*code);
    assert_eq!(said.iter().filter_map(given).collect::<BTreeSet<_>>(), constants);
    // The signals that `src/gateway/interrupt.rs` listens to.
    for signal in [
        signal_hook::consts::SIGHUP,
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
    ] {
        assert!(said.contains(&(run::SIGNALLED + signal, false)), "{signal}");
    }
    for code in [run::DONE, run::FAILED, run::USAGE, run::BLOCKED, run::NEEDS_INPUT] {
        assert!(constants.contains(&code), "{code}");
    }
}

/// The flags that clap knows, with `--`.
fn flags() -> BTreeSet<String> {
    let mut command = Args::command();
    command.build();
    command
        .get_arguments()
        .filter_map(|flag| flag.get_long())
        .map(|name| format!("--{name}"))
        .collect()
}

/// The flags that only one command has, with `--`.
fn flags_of_one_command() -> BTreeSet<String> {
    fn below(command: &clap::Command, found: &mut BTreeSet<String>) {
        for one in command.get_subcommands() {
            found.extend(
                one.get_arguments()
                    .filter_map(|flag| flag.get_long())
                    .map(|name| format!("--{name}")),
            );
            below(one, found);
        }
    }
    let mut found = BTreeSet::new();
    below(&Args::command(), &mut found);
    found
}

/// The commands that the help shows, as they are typed: `preflight`, `toolbox build`, …
fn commands() -> BTreeSet<String> {
    let command = Args::command();
    let mut found = BTreeSet::new();
    for one in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        let mut below = one.get_subcommands().peekable();
        if below.peek().is_none() {
            found.insert(one.get_name().to_owned());
        }
        found.extend(below.map(|second| format!("{} {}", one.get_name(), second.get_name())));
    }
    found
}

#[test]
fn the_readme_has_every_flag_and_every_command() {
    let said: BTreeSet<String> = table("README.md", "## Flags")
        .iter()
        .flat_map(|row| code_spans(&row[0]))
        .map(|span| span.split([' ', '=']).next().unwrap().to_owned())
        .collect();
    let known: BTreeSet<String> = flags()
        .into_iter()
        .filter(|flag| !["--help", "--version"].contains(&flag.as_str()))
        .collect();
    assert_eq!(said, known);
    let said: BTreeSet<String> = table("README.md", "## Commands")
        .iter()
        .flat_map(|row| code_spans(&row[0]))
        .filter_map(|span| span.strip_prefix("lakehouse ").map(str::to_owned))
        .map(|line| {
            let words = line
                .split(' ')
                .filter(|word| !word.chars().all(char::is_uppercase));
            words.collect::<Vec<_>>().join(" ")
        })
        .collect();
    assert_eq!(said, commands());
}

#[test]
fn every_command_line_in_a_document_could_be_typed() {
    let (mut flags, commands) = (flags(), commands());
    flags.extend(flags_of_one_command());
    for name in DOCUMENTS {
        let document = text(name);
        let lines = code_lines(&document).into_iter().chain(code_spans(&document));
        for line in lines {
            let mut words = line
                .split_whitespace()
                .skip_while(|word| word.contains('=') && !word.starts_with('-'));
            if line.starts_with("--") {
                let flag = line.split([' ', '=']).next().unwrap();
                // For users, flags of other programs stand with their program's name.
                let users = ["README.md", "CHANGELOG.md"].contains(name);
                assert!(!users || flags.contains(flag), "{name}: {line}");
                continue;
            }
            if !matches!(words.next(), Some("lakehouse" | "target/release/lakehouse")) {
                continue;
            }
            let words: Vec<&str> = words
                .take_while(|word| !word.starts_with(['|', '>', '#', '<', '2', '&']))
                .collect();
            for word in words.iter().filter(|word| word.starts_with("--")) {
                let flag = word.split('=').next().unwrap();
                assert!(flags.contains(flag), "{name}: {line}");
            }
            let action = words
                .windows(2)
                .find(|pair| pair[0] == "--action")
                .map(|pair| pair[1]);
            let command = action.or_else(|| words.first().copied().filter(|word| !word.starts_with('-')));
            let known = command.is_none_or(|word| {
                let first = |known: &String| known.split(' ').next() == Some(word);
                commands.iter().any(first) || ["install", "__guard"].contains(&word)
            });
            assert!(known, "{name}: {line}");
        }
    }
}

/// Whether a word of a document is meant as a path of this repository.
fn is_path(word: &str) -> bool {
    let ours = [
        ".ci/",
        "docker/",
        "docs/",
        "fixtures/",
        "scripts/",
        "src/",
        "tests/",
    ];
    let plain = word
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c));
    let file = Path::new(word).extension().is_some_and(|end| {
        ["rs", "md", "json", "toml", "sh", "py"]
            .iter()
            .any(|known| end == *known)
    });
    // A part in capitals stands for something: `fixtures/aws/OPERATION/`.
    let stands_for = word
        .split('/')
        .any(|part| part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase()));
    plain
        && !stands_for
        && (ours.iter().any(|folder| word.starts_with(folder)) || (word.contains('/') && file))
}

#[test]
fn every_path_in_a_document_exists() {
    for name in DOCUMENTS {
        let document = text(name);
        let folder = Path::new(name).parent().unwrap();
        let links = document
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .filter(|link| !link.contains("://") && !link.starts_with('#'))
            .map(|link| folder.join(link).display().to_string());
        let spans = code_spans(&document)
            .into_iter()
            .chain(code_lines(&document))
            .filter_map(|span| span.split_whitespace().next().map(str::to_owned))
            .filter(|word| is_path(word));
        for path in links.chain(spans) {
            // The architecture names rooms as the source does: by their path below `src/`.
            let there = root().join(&path).exists() || root().join("src").join(&path).exists();
            assert!(there || EXPECTED.contains(&path.as_str()), "{name}: {path}");
        }
    }
}

#[test]
fn every_variable_in_a_document_is_read_somewhere() {
    let source: String = ["src", "scripts", "docker", "tests"]
        .iter()
        .flat_map(|folder| files(folder))
        .map(|(_, text)| text)
        .collect();
    let of_flags: BTreeSet<String> = flags()
        .iter()
        .map(|flag| format!("LAKEHOUSE_{}", flag[2..].replace('-', "_").to_ascii_uppercase()))
        .collect();
    for name in DOCUMENTS {
        let document = text(name);
        let words = document.split(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
        for word in words.filter(|word| word.starts_with("LAKEHOUSE_") && !word.ends_with('_')) {
            assert!(of_flags.contains(word) || source.contains(word), "{name}: {word}");
        }
    }
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    let machine = ["/wo", "rk/"].concat();
    for (name, text) in files(".") {
        let skipped = name.ends_with("go.sum") || name.ends_with("go.mod") || name == "Cargo.lock";
        if skipped {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            assert!(!line.contains(&machine), "{name}:{number}: {line}");
            for rest in line
                .split("://")
                .skip(1)
                .filter(|_| line.contains("http://") || line.contains("https://"))
            {
                let host: String = rest
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || ".-@:_".contains(*c))
                    .collect();
                // A host that is put together at run time is judged where its parts stand.
                if rest[host.len()..].starts_with(['{', '$']) {
                    continue;
                }
                // Behind a user's name, and without a port.
                let host = host
                    .rsplit('@')
                    .next()
                    .unwrap()
                    .split(':')
                    .next()
                    .unwrap()
                    .trim_end_matches('.');
                let reserved = ["test", "example", "invalid"]
                    .iter()
                    .any(|end| host.ends_with(&format!(".{end}")));
                let known = HOSTS
                    .iter()
                    .any(|known| host == *known || host.ends_with(&format!(".{known}")));
                assert!(
                    !host.contains('.') || reserved || known,
                    "{name}:{number}: {host} is a host that HOSTS in tests/documents.rs does not know"
                );
            }
        }
    }
}
