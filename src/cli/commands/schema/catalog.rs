//! What clap can't know of a command: what it may change, how it ends, how it is typed.

use crate::cli::run::{BLOCKED, DONE, FAILED, NEEDS_INPUT, PARTLY, SIGNALLED, USAGE};
use crate::report::Effect;

/// What a program should know of one command beside its flags.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The words of the command.
    pub words: &'static str,
    /// `Write` is what `--read-only` refuses.
    pub effect: Effect,
    /// What it may change in the account and its clusters.
    pub account: &'static str,
    /// What it may change in the container engine.
    pub engine: &'static str,
    /// What it may change in the files of this machine.
    pub machine: &'static str,
    /// Whether it does nothing without `--approve`.
    pub needs_approval: bool,
    /// Flags that it needs; the env file of an earlier run or a variable may give them too.
    pub required: &'static [&'static str],
    /// Groups of flags that have an effect, as the help heads them.
    pub groups: &'static [&'static str],
    /// Flags of other groups that have one.
    pub flags: &'static [&'static str],
    /// What stdout gets.
    pub output: Output,
    /// How it can end; [`SIGNALLED`] stands for the signals.
    pub codes: &'static [i32],
    /// Command lines, their words one blank apart.
    pub examples: &'static [&'static str],
}

/// What stdout gets.
#[derive(Clone, Copy, Debug)]
pub enum Output {
    /// The report, with these parts.
    Report(&'static [&'static str]),
    /// A text.
    Text(&'static str),
    /// Another JSON document.
    Document(&'static str),
}

/// All groups of flags.
const EVERY_GROUP: &[&str] = &[
    "Account and cluster",
    "Site",
    "Your own word",
    "Env file",
    "Install",
    "Running",
    "Toolbox",
    "Output",
];
const NOTHING: &str = "nothing";
const TEXT_CODES: &[i32] = &[DONE, FAILED, USAGE];
const IMAGE_ONCE: &str = "in docker mode: builds the toolbox image if it is not there, and removes the session container that it made";
const ENV_AND_JOURNAL: &str = "the env file, where nothing blocks (not with --read-only or --write-env=false), and a \
    journal of the run in the state folder";

const INSTALL_FILES: &str = "the env file, where nothing blocks (not with --read-only or --write-env=false), a journal \
    of the run and the plan's documents in the state folder, a lock beside them; with --write-kubeconfig the user's own \
    kubeconfig";

/// What is answered for a command that has no entry: nothing is promised of it.
pub const UNSTATED: Entry = Entry {
    words: "",
    effect: Effect::Write,
    account: "not stated",
    engine: "not stated",
    machine: "not stated",
    needs_approval: false,
    required: &[],
    groups: EVERY_GROUP,
    flags: &[],
    output: Output::Text("Not stated."),
    codes: &[DONE, FAILED, USAGE, SIGNALLED],
    examples: &[],
};

const PREFLIGHT: Entry = Entry {
    words: "preflight",
    effect: Effect::Read,
    account: NOTHING,
    engine: IMAGE_ONCE,
    machine: ENV_AND_JOURNAL,
    needs_approval: false,
    required: &["root-domain"],
    groups: &[
        "Account and cluster",
        "Site",
        "Your own word",
        "Env file",
        "Running",
        "Toolbox",
        "Output",
    ],
    flags: &["chart-registry"],
    output: Output::Report(&["preflight", "failure"]),
    codes: &[DONE, FAILED, USAGE, BLOCKED, NEEDS_INPUT, SIGNALLED],
    examples: &[
        "lakehouse preflight --root-domain=example.com --region=us-east-2",
        "lakehouse preflight --root-domain=example.com --profile=default --exec=docker --read-only=true",
        "lakehouse preflight --root-domain=example.com --region=us-east-2 --events=events.jsonl --quiet=true",
    ],
};

const TOOLBOX: Entry = Entry {
    words: "toolbox info",
    effect: Effect::Read,
    account: NOTHING,
    engine: NOTHING,
    machine: NOTHING,
    needs_approval: false,
    required: &[],
    groups: &["Toolbox", "Output"],
    flags: &["read-only", "timeout"],
    output: Output::Report(&["toolbox", "failure"]),
    codes: &[DONE, FAILED, USAGE, SIGNALLED],
    examples: &["lakehouse toolbox info"],
};

const PLAIN: Entry = Entry {
    words: "man",
    effect: Effect::Read,
    account: NOTHING,
    engine: NOTHING,
    machine: NOTHING,
    needs_approval: false,
    required: &[],
    groups: &[],
    flags: &[],
    output: Output::Text("The manual page in roff."),
    codes: TEXT_CODES,
    examples: &["lakehouse man"],
};

const EVIDENCE: Entry = Entry {
    words: "evidence",
    effect: Effect::Read,
    account: NOTHING,
    engine: NOTHING,
    machine: NOTHING,
    needs_approval: false,
    required: &[],
    groups: &["Output"],
    flags: &[],
    output: Output::Report(&["evidence", "failure"]),
    codes: &[DONE, FAILED, USAGE, SIGNALLED],
    examples: &[],
};

/// Every command that can be run.
const ENTRIES: &[Entry] = &[
    PREFLIGHT,
    Entry {
        words: "install",
        effect: Effect::Write,
        account: "once its plan is approved: an EKS cluster with nodes, add-ons and what eksctl makes for it, the bucket, \
            CloudFormation stacks with roles and a queue, tags on subnets and a security group, a Lease and charts in the \
            cluster; what was there before is used as it stands and never deleted",
        needs_approval: true,
        groups: EVERY_GROUP,
        output: Output::Report(&["preflight", "install", "failure"]),
        machine: INSTALL_FILES,
        examples: &[
            "lakehouse install --root-domain=example.com --region=us-east-2",
            "lakehouse install --root-domain=example.com --region=us-east-2 --approve=true",
            "lakehouse install --root-domain=example.com --region=us-east-2 --phase=foundation --approve=true",
        ],
        ..PREFLIGHT
    },
    TOOLBOX,
    Entry {
        words: "toolbox build",
        effect: Effect::Write,
        engine: "makes the toolbox image, and where no image registry answers its base image",
        examples: &["lakehouse toolbox build", "lakehouse toolbox build --timeout=30m"],
        ..TOOLBOX
    },
    Entry {
        words: "toolbox verify",
        engine: "a session container, removed at the end",
        machine: "a journal of the run in the state folder",
        examples: &["lakehouse toolbox verify"],
        ..TOOLBOX
    },
    Entry {
        words: "toolbox shell",
        effect: Effect::Write,
        account: "whatever is typed in the shell",
        engine: IMAGE_ONCE,
        machine: "the token caches of the AWS CLI",
        flags: &["read-only", "timeout", "profile", "region"],
        output: Output::Text("What the shell prints."),
        examples: &["lakehouse toolbox shell --profile=default"],
        ..TOOLBOX
    },
    Entry {
        words: "toolbox prune",
        effect: Effect::Write,
        engine: "removes every image named lakehouse-toolbox but this version's own",
        examples: &["lakehouse toolbox prune"],
        ..TOOLBOX
    },
    EVIDENCE,
    Entry {
        words: "evidence list",
        examples: &["lakehouse evidence list"],
        ..EVIDENCE
    },
    Entry {
        words: "evidence show",
        examples: &["lakehouse evidence show latest"],
        ..EVIDENCE
    },
    Entry {
        words: "evidence verify",
        flags: &["report"],
        codes: &[DONE, FAILED, USAGE, PARTLY, SIGNALLED],
        examples: &[
            "lakehouse evidence verify latest",
            "lakehouse evidence verify latest --report=report.json",
        ],
        ..EVIDENCE
    },
    Entry {
        words: "evidence export",
        machine: "writes one new file, and never over another",
        flags: &["to"],
        examples: &["lakehouse evidence export latest --to=evidence.json"],
        ..EVIDENCE
    },
    Entry {
        words: "policy",
        groups: &["Account and cluster", "Site"],
        flags: &["for", "output"],
        output: Output::Document(
            "One IAM policy, version 2012-10-17; with --output text a table that says why.",
        ),
        examples: &[
            "lakehouse policy --for=install --cluster=ingext-lakehouse --region=us-east-2",
            "lakehouse policy --for=preflight --output=text",
        ],
        ..PLAIN
    },
    Entry {
        words: "explain",
        flags: &["output"],
        output: Output::Text("What the code means and what mends it; with --output json one document."),
        examples: &["lakehouse explain QUOTA_TOO_LOW", "lakehouse explain"],
        ..PLAIN
    },
    Entry {
        words: "schema",
        output: Output::Document(
            "A JSON Schema, or the document of a command; `lakehouse schema commands` lists commands.",
        ),
        examples: &[
            "lakehouse schema",
            "lakehouse schema commands",
            "lakehouse schema toolbox build",
        ],
        ..PLAIN
    },
    Entry {
        words: "kube-token",
        engine: IMAGE_ONCE,
        required: &["cluster", "region"],
        groups: &["Running", "Toolbox"],
        flags: &["cluster", "region", "profile", "quiet"],
        output: Output::Document(
            "An ExecCredential of client.authentication.k8s.io/v1: a secret, good for some 14 minutes.",
        ),
        codes: &[DONE, FAILED, USAGE, SIGNALLED],
        examples: &["lakehouse kube-token --cluster=ingext-lakehouse --region=us-east-2"],
        ..PLAIN
    },
    Entry {
        words: "completions",
        output: Output::Text("A script for the shell."),
        examples: &["lakehouse completions bash"],
        ..PLAIN
    },
    PLAIN,
];

/// The entry of a command.
#[must_use]
pub fn entry(words: &[String]) -> Entry {
    let words = words.join(" ");
    ENTRIES
        .iter()
        .copied()
        .find(|entry| entry.words == words)
        .unwrap_or(UNSTATED)
}
