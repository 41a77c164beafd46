//! A look into a cluster by whole runs with fake tools: where the token goes, and that it goes with the run.

mod common;

use common::fake::{Fake, PREFLIGHT, TOKEN};
use common::{blockers, check, until};
use std::path::PathBuf;
use std::time::Duration;

/// What kubectl finds of its kubeconfig: the modes of file and folder, and the text.
const LOOK: &str = r#"before=; for word; do [ "$before" = --kubeconfig ] && file=$word; before=$word; done
stat -c %a "$file" "$(dirname "$file")" >"$answers/modes.new"; cat "$file" >"$answers/kubeconfig"; printf '%s' "${KUBECACHEDIR:-}" >"$answers/cache"
mv "$answers/modes.new" "$answers/modes""#;

fn seen(fake: &Fake, name: &str) -> Option<String> {
    std::fs::read_to_string(fake.world.path("answers").join(name)).ok()
}

fn private_folders(fake: &Fake) -> Vec<PathBuf> {
    let found = std::fs::read_dir(fake.world.path("tmp")).unwrap();
    found.map(|entry| entry.unwrap().path()).collect()
}

/// Every file below the world that is neither the fake's own answer nor a copy that the test made.
fn files_with(fake: &Fake, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![fake.world.path("")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                if path != fake.world.path("answers") {
                    folders.push(path);
                }
            } else if std::fs::read(&path).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(text)) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn the_token_stands_in_the_private_file_and_nowhere_else() {
    let fake = Fake::standing();
    fake.answer(
        "kubectl.get.nodes",
        &format!("{LOOK}\nprintf 'nodes\\nn1\\tv1.34.4\\tTrue\\t\\tworkers\\nend\\n'"),
    );
    // A tool that tells the token in its error: it must be masked, also without its usual prefix.
    let bare = TOKEN.trim_start_matches("k8s-aws-v1.");
    fake.answer(
        "helm.list",
        &format!("echo 'Error: the bearer of {bare} is not welcome' >&2; return 1"),
    );
    let done = fake
        .world
        .run(&[&PREFLIGHT[..], &["--log-level", "debug"]].concat());
    let report = done.expect(3).report();
    assert_eq!(check(&report, "cluster-access")["outcome"], "pass", "{report:#}");
    assert_eq!(check(&report, "version-skew")["outcome"], "pass");
    assert_eq!(blockers(&report), ["TOOL_FAILED"], "releases are unknown");
    assert_eq!(
        report["preflight"]["evidence"]["clusterInside"]["namespacePhase"],
        "ABSENT"
    );
    assert_eq!(seen(&fake, "modes").unwrap(), "600\n700\n");
    let kubeconfig = seen(&fake, "kubeconfig").unwrap();
    assert!(kubeconfig.contains(TOKEN) && kubeconfig.contains("https://cluster.invalid"));
    let cache = seen(&fake, "cache").unwrap();
    assert!(
        cache.starts_with(&fake.world.path("tmp").display().to_string()),
        "{cache}"
    );
    assert!(
        !done.stdout.contains(bare) && !done.stderr.contains(bare),
        "{}",
        done.stderr
    );
    assert_eq!(files_with(&fake, bare), Vec::<PathBuf>::new());
    assert_eq!(private_folders(&fake), Vec::<PathBuf>::new(), "gone with the run");
    let journal = std::fs::read_to_string(fake.world.journal()).unwrap();
    assert!(journal.contains("get-token"), "the command itself is on record");
}

#[test]
fn ctrl_c_and_sigkill_leave_no_token_behind() {
    for signal in ["INT", "KILL"] {
        let fake = Fake::standing();
        fake.answer("kubectl.get.nodes", &format!("{LOOK}\nexec sleep 600"));
        let running = fake.world.start(&PREFLIGHT);
        let limit = Duration::from_secs(60);
        until(limit, || seen(&fake, "modes")).expect("kubectl begins");
        assert_eq!(private_folders(&fake).len(), 1);
        running.signal(signal);
        let (status, stdout, _) = running.wait(limit);
        if signal == "INT" {
            assert_eq!(status.code(), Some(130));
            assert!(stdout.contains("INTERRUPTED") && !stdout.contains(TOKEN));
            assert!(private_folders(&fake).is_empty(), "gone before the program's end");
        }
        let gone = until(limit, || private_folders(&fake).is_empty().then_some(()));
        assert!(gone.is_some(), "{signal}: {:?}", private_folders(&fake));
    }
}

#[test]
fn a_folder_that_takes_no_file_is_said_and_blocks() {
    let mut fake = Fake::standing();
    let nowhere = fake.world.path("nowhere").display().to_string();
    fake.world.set("TMPDIR", nowhere);
    let report = fake.world.run(&PREFLIGHT).expect(3).report();
    assert_eq!(blockers(&report), ["TOOL_FAILED"], "{report:#}");
    let access = check(&report, "cluster-access");
    assert!(
        access["remediation"].as_str().unwrap().contains("Make room"),
        "{access:#}"
    );
    assert_eq!(check(&report, "releases")["outcome"], "skip");
}

#[test]
fn a_cluster_that_is_ready_is_all_well() {
    let fake = Fake::standing();
    let report = fake.world.run(&PREFLIGHT).expect(0).report();
    for id in [
        "cluster-health",
        "cluster-access",
        "version-skew",
        "releases",
        "namespace",
    ] {
        assert_eq!(check(&report, id)["outcome"], "pass", "{report:#}");
    }
}
