//! What the kill chain of `tests/install.rs` stands on: which writes it is killed at, and the shim that does it. Here the
//! tools are scripts, and a run is a shell.

#![cfg(target_os = "linux")]

mod common;

use common::chain::{At, Kill, Shims, Spot, Written, chosen};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

fn written(line: &str) -> Written {
    Written {
        argv: line.split(' ').map(str::to_owned).collect(),
        purpose: "write".to_owned(),
    }
}

const CLUSTER: &str = "eksctl create cluster -f - --color false";
const GROUP: &str = "eksctl create nodegroup -f - --color false";
const POLICY: &str = "aws s3api put-bucket-policy --bucket b";
const BLOCK: &str = "aws s3api put-public-access-block --bucket b";
const TAGS: &str = "aws ec2 create-tags --resources subnet-0a1b2c3d4e5f60718 sg-0a1b2c3d4e5f60718 --tags x";

fn plan() -> Vec<Value> {
    vec![
        json!({"phase": "foundation", "commands": [format!("{CLUSTER} …")]}),
        json!({"phase": "foundation", "commands": []}),
        json!({"phase": "storage", "commands": [POLICY, "aws s3api create-bucket --bucket b", BLOCK]}),
        json!({"phase": "compute", "commands": ["aws ec2 create-tags --resources PRIVATE_SUBNETS CLUSTER_GROUP --tags x"]}),
    ]
}

#[test]
fn a_turn_names_a_spot_of_each_phase_whatever_the_order_in_which_writes_came() {
    let mut all: Vec<Written> = [BLOCK, TAGS, "aws s3api create-bucket --bucket b", POLICY, CLUSTER]
        .map(written)
        .to_vec();
    let lines = |spots: &[Spot]| -> Vec<String> {
        let line = |spot: &Spot| format!("{} {:?}", spot.write.argv[..3].join(" "), spot.at);
        spots.iter().map(line).collect()
    };
    let (before, after) = (
        |line: &str| format!("{line} OneEnd(\"before\")"),
        |line: &str| format!("{line} OneEnd(\"after\")"),
    );
    let (cluster, bucket, policy, tags) = (
        "eksctl create cluster",
        "aws s3api create-bucket",
        "aws s3api put-bucket-policy",
        "aws ec2 create-tags",
    );
    let first = |when: &str| format!("aws s3api put-public-access-block First({when:?})");
    for (turn, expected) in [
        (0, [before(cluster), before(policy), before(tags)]),
        (1, [after(cluster), after(policy), after(tags)]),
        (2, [before(cluster), before(bucket), before(tags)]),
        (3, [after(cluster), after(bucket), after(tags)]),
        (4, [before(cluster), first("before"), before(tags)]),
        (5, [after(cluster), first("after"), after(tags)]),
        (6, [before(cluster), before(policy), before(tags)]),
    ] {
        assert_eq!(lines(&chosen(&all, &plan(), turn)), expected, "turn {turn}");
        all.reverse();
        assert_eq!(lines(&chosen(&all, &plan(), turn)), expected, "turn {turn}");
    }
}

#[test]
#[should_panic(expected = "nobody wrote")]
fn a_planned_write_that_no_run_made_is_not_passed_over() {
    chosen(&[written(CLUSTER)], &plan(), 0);
}

#[test]
fn generated_ids_make_no_other_write_and_other_words_do() {
    let other = TAGS.replace("0a1b2c3d4e5f60718", "0fffffffffffffff0");
    assert_eq!(written(TAGS).signature(), written(&other).signature());
    let group = TAGS.replace("subnet-", "sg-");
    assert_ne!(written(TAGS).signature(), written(&group).signature());
    // An add-on's name is no id.
    let addon = |name: &str| written(&format!("aws eks create-addon --addon-name {name}")).signature();
    assert_ne!(addon("vpc-cni"), addon("vpc-"));
}

/// Tools that tell what they did, and a run that calls them.
struct Stage {
    folder: tempfile::TempDir,
    shims: Shims,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let tools = folder.path().join("tools");
        fs::create_dir(&tools).unwrap();
        let script = format!(
            "#!/bin/sh\ncat >/dev/null\necho \"$(basename \"$0\") $*\" >>'{0}/done'\necho 'deploying stack'\nsleep \"$(cat '{0}/takes')\"\necho \"$(basename \"$0\") $*\" >>'{0}/ended'\nexit \"$(cat '{0}/exit')\"\n",
            folder.path().display()
        );
        for tool in ["aws", "eksctl", "helm", "kubectl"] {
            let path = tools.join(tool);
            fs::write(&path, &script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let stage = Self {
            shims: Shims::new(folder.path().join("shims")),
            folder,
        };
        stage.put("takes", "0");
        stage.put("exit", "0");
        stage
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// What `script` comes to: none where it was killed.
    fn run(&self, script: &str) -> Option<i32> {
        let here = self.shims.here.display();
        let tools = self.folder.path().join("tools");
        let path = format!("{here}:{}:{}", tools.display(), std::env::var("PATH").unwrap());
        let status = Command::new("sh")
            .args(["-c", &format!("echo $$ >'{here}/pid'\n{script}")])
            .env("PATH", path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        if status.signal() == Some(9) {
            None
        } else {
            status.code()
        }
    }

    /// The command lines that a tool has begun.
    fn done(&self) -> Vec<String> {
        self.lines("done")
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let lines = fs::read_to_string(self.folder.path().join(name)).unwrap_or_default();
        lines.lines().map(str::to_owned).collect()
    }

    /// A script that goes on once a tool has begun.
    fn begun(&self) -> String {
        let done = self.folder.path().join("done");
        format!("until [ -s '{}' ]; do sleep 0.1; done", done.display())
    }

    fn kills(&self) -> Vec<(String, String)> {
        let short = |kill: Kill| (kill.when, kill.line);
        self.shims.kills().into_iter().map(short).collect()
    }
}

fn killed(when: &str, line: &str) -> (String, String) {
    (when.to_owned(), line.to_owned())
}

#[test]
fn an_armed_write_kills_before_it_then_after_it_and_is_then_survived() {
    let stage = Stage::new();
    let write = written(TAGS);
    stage.shims.arm(&Spot {
        write,
        at: At::BothEnds,
    });
    let again = TAGS.replace("0a1b2c3d4e5f60718", "0fffffffffffffff0");
    let script = format!("aws eks describe-cluster; {POLICY}; {again}; {CLUSTER}; exit 7");
    assert_eq!(stage.run(&script), None);
    assert_eq!(stage.done(), ["aws eks describe-cluster", POLICY]);
    assert_eq!(stage.run(&script), None);
    assert_eq!(stage.done()[2..], ["aws eks describe-cluster", POLICY, &again]);
    assert_eq!(stage.run(&script), Some(7));
    assert_eq!(
        stage.done()[5..],
        ["aws eks describe-cluster", POLICY, &again, CLUSTER]
    );
    assert_eq!(stage.kills(), [killed("before", &again), killed("after", &again)]);
}

#[test]
fn a_write_that_is_armed_at_one_end_kills_there_alone() {
    for when in ["before", "after"] {
        let stage = Stage::new();
        let (write, at) = (written(POLICY), At::OneEnd(when));
        stage.shims.arm(&Spot { write, at });
        let script = format!("{POLICY}; exit 7");
        assert_eq!(stage.run(&script), None);
        assert_eq!(stage.run(&script), Some(7));
        assert_eq!(stage.kills(), [killed(when, POLICY)]);
    }
}

#[test]
fn what_must_come_first_kills_before_all_others() {
    let stage = Stage::new();
    stage.shims.arm_all();
    let (write, at) = (written(BLOCK), At::First("after"));
    stage.shims.arm(&Spot { write, at });
    let script = format!("{POLICY}; {BLOCK}; exit 7");
    for _ in 0..4 {
        assert_eq!(stage.run(&script), None);
    }
    assert_eq!(stage.run(&script), Some(7));
    assert_eq!(
        stage.kills(),
        [
            killed("after", BLOCK),
            killed("before", POLICY),
            killed("after", POLICY),
            killed("before", BLOCK)
        ]
    );
}

#[test]
fn an_armed_write_beside_the_one_that_must_come_first_is_not_made_without_its_kill() {
    let stage = Stage::new();
    for (line, at) in [(BLOCK, At::First("before")), (POLICY, At::OneEnd("before"))] {
        let write = written(line);
        stage.shims.arm(&Spot { write, at });
    }
    // Both at once, as the bucket and a stack are: the stack's comes to the shim first.
    let script = format!("{POLICY} & sleep 0.5; {BLOCK}; wait; exit 7");
    assert_eq!(stage.run(&script), None);
    assert_eq!(stage.run(&script), None);
    assert_eq!(stage.run(&script), Some(7));
    assert_eq!(stage.kills(), [killed("before", BLOCK), killed("before", POLICY)]);
}

#[test]
fn a_write_that_failed_is_not_killed_after() {
    let stage = Stage::new();
    stage.shims.arm_all();
    assert_eq!(stage.run(POLICY), None);
    stage.put("exit", "3");
    assert_eq!(
        stage.run(&format!("{POLICY}; exit $?")),
        Some(3),
        "the run hears of it"
    );
    stage.put("exit", "0");
    assert_eq!(stage.run(POLICY), None);
    assert_eq!(stage.kills(), [killed("before", POLICY), killed("after", POLICY)]);
}

#[test]
fn an_eksctl_that_failed_is_killed_after_since_it_has_made_a_part() {
    let stage = Stage::new();
    let (write, at) = (written(CLUSTER), At::OneEnd("after"));
    stage.shims.arm(&Spot { write, at });
    stage.put("exit", "1");
    assert_eq!(stage.run(&format!("{CLUSTER}; exit 7")), None);
    assert_eq!(stage.kills(), [killed("after", CLUSTER)]);
}

#[test]
fn one_command_that_writes_two_objects_is_two_writes_and_a_secret_makes_no_third() {
    let stage = Stage::new();
    stage.shims.arm_all();
    let apply = |name: &str, secret: &str| {
        format!(
            "echo '{{\"kind\": \"X\", \"metadata\": {{\"name\": \"{name}\"}}, \"data\": \"{secret}\"}}' | kubectl apply -f -"
        )
    };
    for (document, expected) in [
        ("a", None),
        ("a", None),
        ("a", Some(0)),
        ("b", None),
        ("b", None),
        ("b", Some(0)),
    ] {
        let secret = format!("{document}{}", stage.kills().len());
        assert_eq!(stage.run(&apply(document, &secret)), expected, "{document}");
    }
}

#[test]
fn looking_is_never_a_write() {
    let stage = Stage::new();
    stage.shims.arm_all();
    let looks = [
        "aws --version",
        "aws s3api head-bucket --bucket b",
        "aws eks get-token --cluster-name c",
        "aws iam simulate-principal-policy",
        "kubectl version -o json",
        "kubectl get lease l",
        "kubectl auth can-i create pods",
        "helm list --all",
        "helm get values r",
        "eksctl create cluster -f - --dry-run",
        "eksctl version",
    ];
    assert_eq!(stage.run(&(looks.join("\n") + "\nexit 7")), Some(7));
    assert_eq!(stage.done(), looks);
}

#[test]
fn nothing_is_at_work_while_a_run_is_killed_and_what_waits_dies_with_it() {
    let stage = Stage::new();
    stage.shims.arm_all();
    let second = "helm upgrade --install r oci://x/y";
    // The first is at work when the second comes: it must not be made, though the run is killed a second later only.
    assert_eq!(stage.run(CLUSTER), None);
    stage.put("takes", "1");
    let script = format!("{CLUSTER} & {}; {second} & wait; exit 7", stage.begun());
    assert_eq!(stage.run(&script), None);
    // Nor may it kill the run that comes after it, which waits until it has gone.
    let lock = stage.shims.here.join("lock");
    let gone = format!("flock '{}' sleep 1; exit 7", lock.display());
    assert_eq!(stage.run(&gone), Some(7));
    assert_eq!(stage.done(), [CLUSTER]);
    assert_eq!(
        stage.kills(),
        [killed("before", CLUSTER), killed("after", CLUSTER)]
    );
}

#[test]
fn what_is_written_beside_eksctl_comes_first() {
    let stage = Stage::new();
    let (write, at) = (written(POLICY), At::OneEnd("after"));
    // It waits for as long as it takes; for what is not armed it does not wait.
    stage.shims.come_first(&[write.clone(), written(BLOCK)], 600);
    stage.shims.arm(&Spot { write, at });
    let script = format!("{CLUSTER} & sleep 0.2; {POLICY}; wait; exit 7");
    assert_eq!(stage.run(&script), None);
    assert_eq!(stage.done(), [POLICY], "eksctl waits, and dies with its run");
    assert_eq!(stage.run(&script), Some(7));
    let mut second = stage.done()[1..].to_vec();
    second.sort();
    assert_eq!(
        second,
        [POLICY, CLUSTER],
        "and waits for nothing that was survived"
    );
}

#[test]
fn a_write_that_is_not_armed_comes_to_its_end_before_another_one_kills() {
    let stage = Stage::new();
    let write = written(POLICY);
    stage.shims.arm(&Spot {
        write,
        at: At::BothEnds,
    });
    stage.put("takes", "1");
    let script = format!("{CLUSTER} & {}; {POLICY}", stage.begun());
    assert_eq!(stage.run(&script), None);
    assert_eq!(stage.lines("ended"), [CLUSTER]);
    assert_eq!(stage.kills(), [killed("before", POLICY)]);
}

#[test]
fn what_does_much_is_killed_in_its_midst_and_not_before_or_after_it() {
    let stage = Stage::new();
    stage.shims.arm_all();
    stage.shims.arm_amid("eksctl-create-cluster");
    stage.put("takes", "2");
    assert_eq!(stage.run(CLUSTER), None);
    stage.put("takes", "0");
    assert_eq!(stage.run(GROUP), None);
    assert_eq!(stage.run(GROUP), None);
    assert_eq!(stage.run(&format!("{GROUP}; {CLUSTER}; exit 7")), Some(7));
    assert_eq!(
        stage.kills(),
        [
            killed("amidst", CLUSTER),
            killed("before", GROUP),
            killed("after", GROUP)
        ]
    );
}
