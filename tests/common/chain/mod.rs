//! The kill chain: a run is killed (SIGKILL) before a write, the next one after it and before its answer is read, until a
//! run comes to its end. Each tool has a shim before it (`shim.sh`), which knows writes by their verbs.

use super::install::finished;
use super::user::in_toolbox;
use super::{Finished, World};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A command that wrote, as a run's journal has it: known again by its words, without the private kubeconfig's path and
/// with generated ids (a network's, a security group's) taken by their kind: another run's are others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Written {
    pub argv: Vec<String>,
    pub purpose: String,
}

impl Written {
    fn of(record: &Value) -> Self {
        let mut argv = Vec::new();
        let mut words = argv_of(record).into_iter();
        while let Some(word) = words.next() {
            if word == "--kubeconfig" {
                words.next();
            } else {
                argv.push(word);
            }
        }
        Self {
            argv,
            purpose: record["purpose"].as_str().unwrap().to_owned(),
        }
    }

    /// What the shim makes of the same words.
    pub fn signature(&self) -> String {
        let lines = self
            .argv
            .iter()
            .fold(String::new(), |lines, word| lines + &without_ids(word) + "\n");
        let hash = Sha256::digest(lines.as_bytes());
        hash.iter().fold(String::new(), |mut hex, byte| {
            let _ = std::fmt::Write::write_fmt(&mut hex, format_args!("{byte:02x}"));
            hex
        })
    }

    /// Whether it is what `command`, a line of a plan, became. Where the plan has a name for what is not there yet
    /// (`PRIVATE_SUBNETS`), the words before it tell.
    pub fn comes_of(&self, command: &str) -> bool {
        let planned = shlex::split(command.trim_end_matches(" …")).unwrap_or_default();
        let known: Vec<&String> = planned.iter().take_while(|word| !is_to_come(word)).collect();
        known.len() > 2
            && self.argv.len() >= known.len()
            && known.iter().zip(&self.argv).all(|(one, other)| *one == other)
    }

    /// Which of [`DO_MUCH`] it is.
    fn does_much(&self) -> Option<&'static str> {
        let command = self.argv.iter().take(3).cloned().collect::<Vec<_>>().join("-");
        DO_MUCH.into_iter().find(|one| *one == command)
    }
}

/// Commands that make several things: a run that is killed in the midst of one leaves a part of them.
pub const DO_MUCH: [&str; 3] = [
    "eksctl-create-cluster",
    "eksctl-create-nodegroup",
    "eksctl-create-addon",
];
/// What each of them says in its midst: its first stack was asked for, and nothing else yet (eksctl, tried with 0.230).
const MIDST: &str = "deploying stack";

fn is_to_come(word: &str) -> bool {
    word.contains('_') && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

fn argv_of(record: &Value) -> Vec<String> {
    let words = record["argv"].as_array().unwrap();
    words
        .iter()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect()
}

/// `subnet-ID` for `subnet-0abc…`, as the shim's sed makes it: what follows the id stays.
fn without_ids(word: &str) -> String {
    for kind in ["subnet-", "sg-", "vpc-"] {
        if let Some(id) = word.strip_prefix(kind) {
            let rest = id.trim_start_matches(|letter: char| matches!(letter, '0'..='9' | 'a'..='f'));
            if id.len() - rest.len() >= 8 {
                return format!("{kind}ID{rest}");
            }
        }
    }
    word.to_owned()
}

/// The records of the journal of the run that this report is of.
fn journal(report: &Value) -> Vec<Value> {
    let journal = report["run"]["journal"].as_str().unwrap();
    fs::read_to_string(journal)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|line| line.get("record").cloned().unwrap_or(line))
        .collect()
}

/// The writes of that run, in their order.
pub fn writes(report: &Value) -> Vec<Written> {
    let journal = journal(report);
    let writes = journal.iter().filter(|record| record["effect"] == "write");
    writes.map(Written::of).collect()
}

/// The writes that began after `eksctl create cluster` and before it ended, but for those of [`BY_AWS_ITSELF`]: a chain
/// need not come to them.
pub fn beside_eksctl(report: &Value) -> Vec<Written> {
    let journal = journal(report);
    let begun =
        |record: &Value| -> jiff::Timestamp { record["startedAt"].as_str().unwrap().parse().unwrap() };
    let is_cluster =
        |record: &&Value| argv_of(record).starts_with(&["eksctl", "create", "cluster"].map(str::to_owned));
    let writes = journal.iter().filter(|record| record["effect"] == "write");
    let Some(cluster) = writes.clone().find(is_cluster) else {
        return Vec::new();
    };
    let start = begun(cluster);
    let end = start + std::time::Duration::from_millis(cluster["durationMs"].as_u64().unwrap());
    let is_needed = |write: &Written| {
        let verb = write.argv.get(2);
        BY_AWS_ITSELF
            .iter()
            .all(|[writes, ..]| verb.is_none_or(|verb| verb != writes))
    };
    let beside = writes.filter(|record| (start..end).contains(&begun(record)) && !is_cluster(record));
    beside.map(Written::of).filter(is_needed).collect()
}

/// What that run was first told by aws's `verb`, as a hash; none where it did not ask.
pub fn first_answer(report: &Value, verb: &str) -> Option<String> {
    let journal = journal(report);
    let record = journal
        .iter()
        .find(|record| argv_of(record).get(2).is_some_and(|word| word == verb))?;
    record["stdoutSha256"].as_str().map(str::to_owned)
}

/// Where a run is killed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    pub write: Written,
    pub at: At,
}

/// When it is killed at a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// One run before it, another one after it.
    BothEnds,
    /// One run, `before` or `after` it.
    OneEnd(&'static str),
    /// In the midst of its work.
    Midst,
    /// `before` or `after` it, as the first run of all: once a run was killed there, none comes to it again.
    First(&'static str),
}

/// Settings that AWS gives a new bucket by itself, so that a run that finds a bucket made by one before it has nothing to
/// write: what writes one, what reads it, and what the account counts.
pub const BY_AWS_ITSELF: [[&str; 3]; 2] = [
    [
        "put-public-access-block",
        "get-public-access-block",
        "s3:PutBucketPublicAccessBlock",
    ],
    [
        "put-bucket-ownership-controls",
        "get-bucket-ownership-controls",
        "s3:PutBucketOwnershipControls",
    ],
];

/// The spots of one write, but for its midst.
pub fn spots_of(write: &Written) -> Vec<Spot> {
    let verb = write.argv.get(2).map_or("", String::as_str);
    let at: &[At] = if BY_AWS_ITSELF.iter().any(|[writes, ..]| *writes == verb) {
        &[At::First("before"), At::First("after")]
    } else {
        &[At::BothEnds]
    };
    let spot = |at: &At| Spot {
        write: write.clone(),
        at: *at,
    };
    at.iter().map(spot).collect()
}

/// The two ends of a spot that has both: one kill each.
fn ends_of(spot: Spot) -> Vec<Spot> {
    match spot.at {
        At::BothEnds => ["before", "after"]
            .map(|when| Spot {
                write: spot.write.clone(),
                at: At::OneEnd(when),
            })
            .into(),
        _ => vec![spot],
    }
}

/// One spot of each phase, by `turn`: before or after one of the writes of its plan, in the plan's order (that in which
/// they came is chance).
pub fn chosen(all: &[Written], steps: &[Value], turn: usize) -> Vec<Spot> {
    let mut phases: Vec<(&str, Vec<Written>)> = Vec::new();
    for step in steps {
        let phase = step["phase"].as_str().unwrap();
        if phases.iter().all(|(name, _)| *name != phase) {
            phases.push((phase, Vec::new()));
        }
        let of_phase = &mut phases.iter_mut().find(|(name, _)| *name == phase).unwrap().1;
        for command in step["commands"].as_array().into_iter().flatten() {
            let command = command.as_str().unwrap();
            let write = all.iter().find(|write| write.comes_of(command));
            let write = write.unwrap_or_else(|| panic!("nobody wrote `{command}`"));
            if !of_phase.contains(write) {
                of_phase.push(write.clone());
            }
        }
    }
    let spots = phases.into_iter().map(|(phase, writes)| {
        let spots: Vec<Spot> = writes.iter().flat_map(spots_of).flat_map(ends_of).collect();
        assert!(!spots.is_empty(), "the phase {phase} writes nothing");
        spots[turn % spots.len()].clone()
    });
    spots.collect()
}

/// A kill that has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kill {
    /// `before`, `after` or `amidst` its work.
    pub when: String,
    /// [`Written::signature`].
    pub signature: String,
    /// The same with what its document names.
    pub key: String,
    /// The command.
    pub line: String,
}

const TOOLS: [&str; 4] = ["aws", "eksctl", "helm", "kubectl"];
const SHIM: &str = include_str!("shim.sh");

/// A folder of shims, and what they are armed for.
pub struct Shims {
    pub here: PathBuf,
}

impl Shims {
    pub fn new(here: PathBuf) -> Self {
        for name in ["armed", "amid", "first", "before", "after", "amidst", "over"] {
            fs::create_dir_all(here.join(name)).unwrap();
        }
        fs::write(here.join("beside"), "").unwrap();
        fs::write(here.join("delay"), "0").unwrap();
        let script = SHIM.replace("HERE", &here.display().to_string());
        for tool in TOOLS {
            let path = here.join(tool);
            fs::write(&path, &script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { here }
    }

    /// A run is killed at this spot.
    pub fn arm(&self, spot: &Spot) {
        let (folder, text) = match spot.at {
            At::Midst => return self.arm_amid(spot.write.does_much().unwrap()),
            At::BothEnds => ("armed", ""),
            At::OneEnd(when) => ("armed", when),
            At::First(when) => ("first", when),
        };
        fs::write(self.here.join(folder).join(spot.write.signature()), text).unwrap();
    }

    /// A run is killed in the midst of this one of [`DO_MUCH`], once more if it was before.
    pub fn arm_amid(&self, command: &str) {
        self.empty("amidst");
        fs::write(self.here.join("amid").join(command), MIDST).unwrap();
    }

    /// `eksctl create cluster` waits until runs were killed at each of these that is armed, for this many seconds at most.
    pub fn come_first(&self, beside: &[Written], seconds: u64) {
        let lines = beside
            .iter()
            .fold(String::new(), |lines, write| lines + &write.signature() + "\n");
        fs::write(self.here.join("beside"), lines).unwrap();
        fs::write(self.here.join("delay"), seconds.to_string()).unwrap();
    }

    fn empty(&self, name: &str) {
        fs::remove_dir_all(self.here.join(name)).unwrap();
        fs::create_dir(self.here.join(name)).unwrap();
    }

    /// A run is killed before and after every write that none has survived yet, whatever it is.
    pub fn arm_all(&self) {
        fs::write(self.here.join("all"), "").unwrap();
    }

    /// The kills, in their order.
    pub fn kills(&self) -> Vec<Kill> {
        let log = fs::read_to_string(self.here.join("log")).unwrap_or_default();
        let kill = |line: &str| {
            let mut parts = line.splitn(4, '\t').map(|part| part.trim().to_owned());
            let mut part = || parts.next().unwrap();
            Kill {
                when: part(),
                signature: part(),
                key: part(),
                line: part(),
            }
        };
        log.lines().map(kill).collect()
    }
}

/// Shims, and the machine on which runs are killed: one container, so that a run can see that the one before it is dead.
pub struct Killer {
    pub shims: Shims,
    machine: String,
}

impl Drop for Killer {
    fn drop(&mut self) {
        let _ = std::process::Command::new("docker")
            .args(["rm", "--force", "--volumes", &self.machine])
            .output();
    }
}

impl Killer {
    /// In a folder of the world's, which the containers see under the same path.
    /// `beside`: [`beside_eksctl`] of a run that nobody killed.
    pub fn new(world: &World, name: &str, beside: &[Written]) -> Self {
        let shims = Shims::new(world.path(&format!("shims-{name}")));
        // Bucket and stacks are written within half a minute of eksctl's begin; a busy machine takes twice that.
        shims.come_first(beside, 90);
        let machine = format!("lakehouse-kill-chain-{}-{name}", std::process::id());
        let output = in_toolbox(world, &["--detach", "--name", &machine, "--hostname", "operator"])
            .args(["sleep", "86400"])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Self { shims, machine }
    }

    /// A run in local mode, behind the shims; none of its report where it was killed.
    pub fn run(&self, words: &[&str]) -> Finished {
        let here = self.shims.here.display();
        let line = format!(
            "PATH={here}:$PATH; export PATH; echo $$ >{here}/pid; exec /usr/local/bin/lakehouse --exec local \"$@\""
        );
        let output = std::process::Command::new("docker")
            .args(["exec", &self.machine, "sh", "-c", &line, "sh"])
            .args(words)
            .output()
            .unwrap();
        finished(output)
    }
}
