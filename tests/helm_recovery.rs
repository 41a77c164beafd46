//! helm as it really is, on the rehearsal account: releases that a killed helm left, charts that fail, objects that
//! somebody changed, values of the user's own. Each by the real tools, with the phase foundation's one chart. It
//! takes the account for itself (`scripts/test`).

mod common;

use common::World;
use common::chain::writes;
use common::install::{CHARTS_LOCK, lock_charts, told, world};
use common::user::in_toolbox;
use serde_json::{Value, json};

/// That of `tests/install.rs`, which has left it standing where it ran before.
const CLUSTER: &str = "chain";
const RELEASE: &str = "ingext-aws-gp3";

struct Account {
    world: World,
}

impl Account {
    fn run(&self, more: &[&str]) -> (Value, Option<i32>) {
        let mut line = vec!["--exec", "docker", "install", "--cluster", CLUSTER];
        line.extend(["--root-domain", "rehearsal.test", "--dns-check", "false"]);
        line.extend(["--write-env", "false", "--phase", "foundation"]);
        line.extend(more);
        told(&self.world.run(&line))
    }

    /// Carries out what is then the plan.
    fn approved(&self) -> Value {
        self.run(&["--approve", "true"]).0
    }

    /// The step of the storage class, as planned.
    fn step(report: &Value) -> &Value {
        let steps = report["install"]["steps"].as_array().unwrap();
        steps.iter().find(|step| step["id"] == "storage-class").unwrap()
    }

    /// A script in the toolbox that has a way into the cluster.
    fn script(&self, script: &str) -> String {
        let whole = format!(
            "export KUBECONFIG=/tmp/k; aws eks update-kubeconfig --name {CLUSTER} >/dev/null\n{script}"
        );
        let output = in_toolbox(&self.world, &[])
            .args(["bash", "-euc", &whole])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Has a helm that works on the release be killed in the middle: its chart has a hook that never ends.
    fn kill_a_helm(&self, mark: &str) {
        self.script(&format!(
            r#"cd /tmp && helm pull "$LAKEHOUSE_CHART_REGISTRY/{RELEASE}" --version 0.1.0 --untar 2>/dev/null
            cat >{RELEASE}/templates/hook.yaml <<'END'
apiVersion: batch/v1
kind: Job
metadata: {{name: hook, namespace: kube-system, annotations: {{helm.sh/hook: "post-install,post-upgrade"}}}}
spec: {{suspend: true, template: {{spec: {{restartPolicy: Never, containers: [{{name: a, image: a}}]}}}}}}
END
            helm upgrade --install {RELEASE} ./{RELEASE} -n kube-system --labels {mark} >/dev/null 2>&1 &
            for _ in $(seq 100); do kubectl get job hook -n kube-system >/dev/null 2>&1 && break; sleep 0.2; done
            kill -9 $!; kubectl delete job hook -n kube-system >/dev/null"#
        ));
    }

    /// The mark of this installation, as a label of its release.
    fn mark(&self) -> String {
        let key = "lakehouse.ingext.io/created-by";
        let id = self.script(&format!(
            "kubectl get secret -n kube-system -l owner=helm,name={RELEASE} -o jsonpath='{{.items[0].metadata.labels.{}}}'",
            key.replace('.', "\\.")
        ));
        format!("{key}={id}")
    }

    /// helm wrote the newest record ten minutes ago.
    fn age(&self) {
        self.script(&format!(
            "name=$(kubectl get secret -n kube-system -l owner=helm,name={RELEASE} -o name | sort -V | tail -n 1); \
             then=$(( $(date +%s) - 600 )); \
             kubectl label -n kube-system \"$name\" createdAt=$then modifiedAt=$then --overwrite"
        ));
    }

    fn revision(&self) -> u64 {
        let status = self.status();
        status.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Status, revision and chart.
    fn status(&self) -> String {
        let text = self.script(&format!(
            "helm list -n kube-system --all --filter '^{RELEASE}$' -o json"
        ));
        let list: Value = serde_json::from_str(&text).unwrap();
        let word = |key: &str| list[0][key].as_str().unwrap().to_owned();
        format!("{} {} {}", word("status"), word("revision"), word("chart"))
    }
}

/// One cluster for all of it, since making one takes the longest: each part leaves the release as the lock has it.
#[test]
#[ignore = "needs the rehearsal account"]
fn helm_as_it_really_is() {
    let mut account = Account { world: world() };
    standing(&account);
    values_of_the_users_own_are_checked_by_the_chart_in_the_plan(&account);
    an_older_lock_is_upgraded_and_what_fails_is_brought_back(&mut account);
    objects_that_somebody_deleted_or_changed_are_shown_and_mended(&account);
    releases_that_a_killed_helm_left_are_brought_on(&account);
}

/// The foundation stands but for its one release, which the test installs anew.
fn standing(account: &Account) {
    let (report, code) = account.run(&["--approve", "true"]);
    assert_eq!(code, Some(0), "{report:#}");
    account.script(&format!("helm uninstall {RELEASE} -n kube-system >/dev/null"));
}

fn releases_that_a_killed_helm_left_are_brought_on(account: &Account) {
    let mark = account.mark();
    // Pending-upgrade: a revision is deployed, the attempt is the next one.
    let deployed = account.revision();
    account.kill_a_helm(&mark);
    let (pending, brought_on) = (deployed + 1, deployed + 3);
    assert_eq!(
        account.status(),
        format!("pending-upgrade {pending} {RELEASE}-0.1.0")
    );
    let (young, code) = account.run(&[]);
    assert_eq!(code, Some(3), "{young:#}");
    assert_eq!(young["install"]["blockers"][0]["code"], "RELEASE_PENDING");
    account.age();
    let report = account.approved();
    assert_eq!(report["install"]["status"], "completed_phase", "{report:#}");
    let step = Account::step(&report);
    for word in [
        "made by this installation",
        "pending-upgrade",
        "min ago",
        &format!("revision {deployed}"),
    ] {
        assert!(step["detail"].as_str().unwrap().contains(word), "{word}: {step}");
    }
    assert_eq!(
        account.status(),
        format!("deployed {brought_on} {RELEASE}-0.1.0"),
        "rolled back, then brought on"
    );

    // Pending-install: nothing was ever deployed. What the attempt made stays and is taken over.
    account.script(&format!("helm uninstall {RELEASE} -n kube-system >/dev/null"));
    account.kill_a_helm(&mark);
    assert_eq!(account.status(), format!("pending-install 1 {RELEASE}-0.1.0"));
    let uid = "kubectl get storageclass ingext-aws-gp3 -o jsonpath='{.metadata.uid}'";
    let before = account.script(uid);
    account.age();
    let report = account.approved();
    assert_eq!(report["install"]["status"], "completed_phase", "{report:#}");
    assert_eq!(account.status(), format!("deployed 1 {RELEASE}-0.1.0"));
    assert_eq!(account.script(uid), before, "the very same class");
    let uninstalls = writes(&report)
        .iter()
        .filter(|write| write.argv.contains(&"uninstall".to_owned()))
        .count();
    assert_eq!(uninstalls, 0);

    // And nothing is left to do.
    let (again, code) = account.run(&["--approve", "true"]);
    assert_eq!((code, writes(&again)), (Some(0), Vec::new()), "{again:#}");
}

fn objects_that_somebody_deleted_or_changed_are_shown_and_mended(account: &Account) {
    let patch = "kubectl patch storageclass ingext-aws-gp3 -p '{\"allowVolumeExpansion\": false}' >/dev/null";
    for (by_hand, word) in [
        ("kubectl delete storageclass ingext-aws-gp3 >/dev/null", "gone"),
        (patch, "allowVolumeExpansion"),
    ] {
        account.script(by_hand);
        let (plan, code) = account.run(&[]);
        assert_eq!(code, Some(4), "{plan:#}");
        let step = Account::step(&plan);
        assert_eq!(step["action"], "update");
        assert!(step["detail"].as_str().unwrap().contains(word), "{word}: {step}");
        let report = account.approved();
        assert_eq!(report["install"]["status"], "completed_phase", "{report:#}");
        let now =
            account.script("kubectl get storageclass ingext-aws-gp3 -o jsonpath='{.allowVolumeExpansion}'");
        assert_eq!(now, "true");
        let (again, _) = account.run(&["--approve", "true"]);
        assert_eq!(writes(&again), Vec::new());
    }
}

fn an_older_lock_is_upgraded_and_what_fails_is_brought_back(account: &mut Account) {
    lock_charts(&mut account.world, &[(RELEASE, "0.0.9")]);
    let report = account.approved();
    assert_eq!(report["install"]["status"], "completed_phase", "{report:#}");
    assert_eq!(account.status(), format!("deployed 1 {RELEASE}-0.0.9"));

    account.world.unset(CHARTS_LOCK);
    let report = account.approved();
    assert_eq!(
        report["install"]["upgrades"],
        json!([{
            "step": "storage-class", "release": RELEASE, "namespace": "kube-system", "chart": RELEASE,
            "from": "0.0.9", "to": "0.1.0", "now": "0.1.0", "outcome": "done"
        }]),
        "{report:#}"
    );
    assert!(
        Account::step(&report)["detail"]
            .as_str()
            .unwrap()
            .contains("chart 0.0.9 → 0.1.0")
    );

    // Back to the older lock: never unasked.
    lock_charts(&mut account.world, &[(RELEASE, "0.0.9")]);
    let (report, code) = account.run(&["--approve", "true"]);
    assert_eq!(code, Some(3), "{report:#}");
    assert_eq!(report["install"]["blockers"][0]["code"], "RELEASE_NEWER");

    // A newer chart that the API server refuses.
    lock_charts(&mut account.world, &[(RELEASE, "0.1.1")]);
    let report = account.approved();
    assert_eq!(report["install"]["status"], "failed", "{report:#}");
    assert_eq!(report["install"]["upgrades"][0]["outcome"], "brought_back");
    assert_eq!(report["install"]["upgrades"][0]["now"], "0.1.0");
    assert!(
        account.status().ends_with(&format!(" {RELEASE}-0.1.0")) && account.status().starts_with("deployed"),
        "{}",
        account.status()
    );
    account.world.unset(CHARTS_LOCK);
    let (again, code) = account.run(&["--approve", "true"]);
    assert_eq!((code, writes(&again)), (Some(0), Vec::new()), "{again:#}");
}

fn values_of_the_users_own_are_checked_by_the_chart_in_the_plan(account: &Account) {
    let file = account.world.path("work/values.yaml");
    std::fs::write(&file, format!("{RELEASE}: {{noSuchKey: hush-hush}}\n")).unwrap();
    let path = file.display().to_string();
    let (report, code) = account.run(&["--set-values", &path]);
    assert_eq!(code, Some(3), "{report:#}");
    let blocker = &report["install"]["blockers"][0];
    assert_eq!(blocker["code"], "SET_VALUES_INVALID");
    assert!(
        blocker["toolOutput"].as_str().unwrap().contains("noSuchKey"),
        "{blocker}"
    );
    assert!(!report.to_string().contains("hush-hush"));
    assert_eq!(writes(&report), Vec::new());
}
