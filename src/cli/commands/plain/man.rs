//! The manual page: one page for all commands, so that it names no page that isn't there.

use crate::cli::args::{Args, EXAMPLE_LINES};
use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};
use std::io;

/// What the page says of the program beyond its one line.
const DESCRIPTION: &str = "lakehouse installs the Ingext Lakehouse on AWS: it checks the account, shows a plan, and changes \
    something only once that plan is approved (install --approve). The preflight alone changes nothing in the account. \
    stdout gets one JSON report, or text; stderr what is being done.";

/// Who wins where two name a value.
const AUTHORITY: &str = "Every flag can stand before or after the command. Order of authority: flag, variable, env file, AWS's own \
    settings, default.";

const FILES: [(&str, &str); 8] = [
    (
        "lakehouse_NAMESPACE.env",
        "The env file, in the working folder: the settings of a preflight that nothing blocked, mode 0600. The only one \
         in the folder is read unasked; with several, --namespace chooses.",
    ),
    (
        "$XDG_STATE_HOME/lakehouse/runs/RUN/journal.jsonl",
        "Every command of a run, each record with the hash of the one before. Without the variable, below \
         ~/.local/state.",
    ),
    (
        "$XDG_STATE_HOME/lakehouse/runs/RUN/report.json",
        "The report of that run as stdout got it.",
    ),
    (
        "$XDG_STATE_HOME/lakehouse/runs/RUN/record.json",
        "The signed-off record of a run that carried a plan out: who approved which plan, every write, how it ended.",
    ),
    (
        "$XDG_STATE_HOME/lakehouse/locks",
        "A lock file for each account, region and cluster: it keeps two installs of this machine apart.",
    ),
    (
        "~/.aws/config, ~/.aws/credentials",
        "Profiles and regions, as the AWS CLI has them.",
    ),
    (
        "FILE given by --output-env",
        "The env file under another name or in another folder.",
    ),
    (
        "FILE given by --events",
        "What a run does, as it does it, as JSON Lines; appended to. lakehouse schema events describes a line.",
    ),
];

const ENVIRONMENT: [(&str, &str); 9] = [
    (
        "LAKEHOUSE_FLAG",
        "Each flag's value, in capitals and with _ for -: LAKEHOUSE_ROOT_DOMAIN. --action, --approve and --for have none.",
    ),
    (
        "AWS_PROFILE, AWS_DEFAULT_PROFILE",
        "The profile, where nothing else names one. Another one than the env file's is refused.",
    ),
    (
        "AWS_REGION, AWS_DEFAULT_REGION",
        "The region, where nothing else names one.",
    ),
    (
        "AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE",
        "Where AWS's own files stand.",
    ),
    ("NO_COLOR", "No colours, if it is set."),
    (
        "CLICOLOR_FORCE",
        "Colours also where no terminal is, if it is not 0.",
    ),
    ("XDG_STATE_HOME", "Where the journals, reports and locks stand."),
    (
        "LAKEHOUSE_CHARTS_LOCK",
        "A charts.lock.json in place of the one that is compiled in: which charts, in which versions.",
    ),
    (
        "LAKEHOUSE_TOOLBOX_MIRROR_AWS, ..._EKSCTL, ..._HELM, ..._KUBECTL",
        "Base URLs that stand for the official downloads of the toolbox image. An env file may not name them.",
    ),
];

/// Exit codes and what they say.
pub(in crate::cli::commands) const EXIT_STATUS: [(&str, &str); 7] = [
    ("0", "Done."),
    ("1", "Failed: it could not be done."),
    (
        "2",
        "Wrong usage: command line, variable or env file. One line on stderr and no report.",
    ),
    ("3", "Blocked: the report's blockers say what stands in the way."),
    (
        "4",
        "Needs input: the report's required names it. An approval is an input.",
    ),
    (
        "5",
        "Partly done: the evidence of a run that goes on or has no end.",
    ),
    (
        "128 and the signal's number",
        "Interrupted: 130 for Ctrl-C, 143 for SIGTERM.",
    ),
];

/// The page as roff text.
pub(super) fn page() -> io::Result<String> {
    let command = Args::command();
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    let mut own = Roff::new();
    own.control("SH", ["SYNOPSIS"]);
    own.text([
        bold("lakehouse"),
        roman(" ["),
        italic("COMMAND"),
        roman("] ["),
        italic("FLAGS"),
        roman("]"),
    ]);
    own.control("SH", ["DESCRIPTION"]);
    own.text([roman(DESCRIPTION)]);
    own.control("PP", []);
    own.text([roman(AUTHORITY)]);
    own.control("SH", ["COMMANDS"]);
    own.text([roman(
        "Without a command: preflight, then the install's plan; with --approve, the install.",
    )]);
    commands(&mut own, &command, "");
    own.to_writer(&mut text)?;
    man.render_options_section(&mut text)?;
    let mut own = Roff::new();
    for (heading, rows) in [
        ("FILES", &FILES[..]),
        ("ENVIRONMENT", &ENVIRONMENT),
        ("EXIT STATUS", &EXIT_STATUS),
    ] {
        own.control("SH", [heading]);
        for (term, meaning) in rows {
            entry(&mut own, term, meaning);
        }
    }
    own.control("SH", ["EXAMPLES"]);
    for line in EXAMPLE_LINES {
        own.control("PP", []);
        own.control("nf", []);
        own.text([bold(line)]);
        own.control("fi", []);
    }
    own.to_writer(&mut text)?;
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    Ok(headings(&text))
}

/// The commands of `of` that work, each with the words before it.
fn commands(page: &mut Roff, of: &clap::Command, before: &str) {
    for command in of.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = format!("{before}{}", command.get_name());
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let words: Vec<String> = command
            .get_positionals()
            .map(|arg| (arg.is_required_set(), arg.get_id().as_str().to_uppercase()))
            .map(|(required, word)| {
                if required {
                    format!(" {word}")
                } else {
                    format!(" [{word}]")
                }
            })
            .chain(
                command
                    .get_opts()
                    .filter(|arg| !arg.is_global_set())
                    .filter_map(own),
            )
            .collect();
        entry(page, &format!("{name}{}", words.concat()), &about);
        commands(page, command, &format!("{name} "));
    }
}

/// A flag that only one command has.
fn own(arg: &clap::Arg) -> Option<String> {
    let value = arg.get_value_names()?.first()?;
    Some(format!(" [--{} {value}]", arg.get_long()?))
}

fn entry(page: &mut Roff, term: &str, meaning: &str) {
    page.control("TP", []);
    page.text([bold(term)]);
    page.text([roman(meaning)]);
}

/// `clap_mangen` makes each group of flags a section of the page: here they stand under OPTIONS.
fn headings(text: &str) -> String {
    const OWN: [&str; 9] = [
        "NAME",
        "SYNOPSIS",
        "DESCRIPTION",
        "COMMANDS",
        "OPTIONS",
        "FILES",
        "ENVIRONMENT",
        "EXIT STATUS",
        "EXAMPLES",
    ];
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        match line.strip_prefix(".SH ") {
            Some(group) if !OWN.contains(&group.trim_matches('"')) => {
                out.push_str(".SS ");
                out.push_str(group);
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::page;

    #[test]
    fn one_page_holds_every_command_and_names_no_other_page() {
        let page = page().unwrap().replace("\\-", "-");
        for expected in [
            ".SH COMMANDS",
            ".SH OPTIONS",
            ".SS SITE",
            ".SH FILES",
            ".SH ENVIRONMENT",
            ".SH \"EXIT STATUS\"",
            ".SH EXAMPLES",
            "\\fBinstall\\fR",
            "\\fBtoolbox prune\\fR",
            "\\fBcompletions SHELL\\fR",
            "--root-domain",
            "\\fBevidence verify RUN [--report FILE]\\fR",
            "\\fBexplain [CODE]\\fR",
        ] {
            assert!(page.contains(expected), "{expected}\n{page}");
        }
        assert!(!page.contains("(1)"), "{page}");
    }
}
