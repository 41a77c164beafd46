//! Bringing releases to newer charts: one after the other, and what fails is brought back.

mod install_memory;

use install_memory::*;
use lakehouse::clients::Ask;
use lakehouse::gateway::{CommandSpec, Tool};
use lakehouse::report::{Effect, InstallReport, UpgradeOutcome};
use lakehouse::steps::install::{Decision, Step, Upgrade, Write};
use std::sync::Arc;

fn helm(name: &str) -> Write {
    by(Tool::Helm, name)
}

fn by(tool: Tool, name: &str) -> Write {
    let mut spec = CommandSpec::read(tool, &format!("make {name}"), ["make", name]);
    spec.effect = Effect::Write;
    Write::cluster(Ask { spec, action: "" })
}

fn upgrade(name: &str) -> Upgrade {
    Upgrade {
        release: name.to_owned(),
        namespace: "ingext".to_owned(),
        chart: name.to_owned(),
        from: "1.0.0".to_owned(),
        to: "1.1.0".to_owned(),
        revision: 3,
        newest: Some(3),
        back: vec![helm(&format!("{name}-back"))],
    }
}

/// A step that brings the release `name` to its new chart; `ready` once that was written and `name-ready` stands.
fn chart(account: &Arc<Account>, name: &'static str, after: &'static [&'static str]) -> Box<dyn Step> {
    chart_of(account, name, after, true)
}

/// The same; where helm fails, it leaves a revision that failed only if it `begins`.
fn chart_of(
    account: &Arc<Account>,
    name: &'static str,
    after: &'static [&'static str],
    begins: bool,
) -> Box<dyn Step> {
    let account = Arc::clone(account);
    step(name, after, move |_| {
        let ready = format!("{name}-ready");
        Ok(if account.sees(&ready) {
            Decision::settled("there", wanted(name))
        } else if account.sees(name) {
            Decision::waiting("there", wanted(name), "its pods")
        } else if begins && account.writes().contains(&format!("helm make {name}")) {
            // helm's newest revision is the one that failed; what was deployed before it is what it goes back to.
            let failed = Upgrade {
                newest: Some(4),
                ..upgrade(name)
            };
            Decision::update("status `failed`", wanted(name), vec![helm(name)]).upgrading(Some(failed))
        } else {
            Decision::update("chart 1.0.0 → 1.1.0", wanted(name), vec![helm(name)])
                .upgrading(Some(upgrade(name)))
        })
    })
}

fn versions(report: &InstallReport) -> Vec<(&str, Option<&str>, UpgradeOutcome)> {
    report
        .upgrades
        .iter()
        .map(|it| (it.release.as_str(), it.now.as_deref(), it.outcome))
        .collect()
}

fn helms(account: &Account) -> Vec<String> {
    let writes = account.writes().into_iter();
    writes.filter(|line| line.starts_with("helm")).collect()
}

#[test]
fn releases_without_an_order_are_brought_on_one_after_the_other() {
    let account = Account::with_cluster();
    let steps = |account: &Arc<Account>| {
        ["api", "lake"].map(|name| {
            let account = Arc::clone(account);
            step(name, &[], move |_| {
                Ok(if account.sees(name) {
                    Decision::settled("there", wanted(name))
                } else {
                    Decision::update("chart", wanted(name), vec![helm(name)]).upgrading(Some(upgrade(name)))
                })
            })
        })
    };
    let planned = asking(
        &account,
        steps(&account).into(),
        Asking {
            approve: None,
            ..Asking::default()
        },
    );
    assert_eq!(
        versions(&planned),
        [
            ("api", Some("1.0.0"), UpgradeOutcome::Planned),
            ("lake", Some("1.0.0"), UpgradeOutcome::Planned)
        ]
    );
    let report = install(&account, steps(&account).into());
    assert_eq!(brief(&report), "completed");
    assert_eq!(helms(&account), ["helm make api", "helm make lake"]);
    assert_eq!(
        versions(&report),
        [
            ("api", Some("1.1.0"), UpgradeOutcome::Done),
            ("lake", Some("1.1.0"), UpgradeOutcome::Done)
        ]
    );
}

#[test]
fn the_one_that_does_not_get_ready_is_brought_back_and_the_rest_is_not_begun() {
    let account = Account::with_cluster();
    let steps = vec![chart(&account, "api", &[]), chart(&account, "lake", &[])];
    let report = install(&account, steps);
    assert_eq!(brief(&report), "failed STEP_TIMED_OUT");
    assert_eq!(helms(&account), ["helm make api", "helm make api-back"]);
    assert_eq!(
        versions(&report),
        [
            ("api", Some("1.0.0"), UpgradeOutcome::BroughtBack),
            ("lake", Some("1.0.0"), UpgradeOutcome::NotBegun)
        ]
    );
    let failure = report.failure.unwrap();
    assert!(
        failure
            .message
            .contains("The release `api` was brought back to its revision 3, the chart `api` 1.0.0."),
        "{}",
        failure.message
    );
}

#[test]
fn what_helm_itself_fails_at_is_brought_back_and_what_it_never_began_is_not() {
    for (said, back) in [
        (
            "Error: UPGRADE FAILED: cannot patch \"api\" with kind Service: Service \"api\" is invalid",
            true,
        ),
        ("Error: UPGRADE FAILED: timed out waiting for the condition", true),
        (
            "Error: failed to perform \"FetchReference\" on source: GET \"https://r.invalid/v2/x\": response status code 404: not found",
            false,
        ),
        (
            "Error: values don't meet the specifications of the schema(s) in the following chart(s):\napi:\n- replicas: Invalid type",
            false,
        ),
        (
            "Error: UPGRADE FAILED: secrets is forbidden: User \"x\" cannot create resource \"secrets\"",
            false,
        ),
    ] {
        let account = Account::with_cluster();
        account.fault("helm make api ", 1, Fault::Says(said));
        let report = install(&account, vec![chart_of(&account, "api", &[], back)]);
        let all: &[&str] = if back {
            &["helm make api", "helm make api-back"]
        } else {
            &["helm make api"]
        };
        assert_eq!(helms(&account), all, "{said}");
        let outcome = if back {
            UpgradeOutcome::BroughtBack
        } else {
            UpgradeOutcome::NotBegun
        };
        assert_eq!(versions(&report), [("api", Some("1.0.0"), outcome)], "{said}");
    }
}

#[test]
fn what_can_not_be_brought_back_is_told_with_the_command() {
    let account = Account::with_cluster();
    account.fault(
        "helm make api-back",
        1,
        Fault::Says("Error: release has no 3 version"),
    );
    let report = install(&account, vec![chart(&account, "api", &[])]);
    assert_eq!(versions(&report), [("api", None, UpgradeOutcome::Unfinished)]);
    let failure = report.failure.unwrap();
    assert!(
        failure.message.contains("could not be brought back"),
        "{}",
        failure.message
    );
    assert!(
        failure.remediation.unwrap().contains("`helm make api-back"),
        "the exact command"
    );
}

#[test]
fn an_interrupt_brings_nothing_back() {
    let account = Account::with_cluster();
    account.fault("helm make api ", 1, Fault::Interrupt);
    let report = install(&account, vec![chart(&account, "api", &[])]);
    assert_eq!(brief(&report), "interrupted");
    assert_eq!(helms(&account), ["helm make api"]);
    assert_eq!(versions(&report)[0].2, UpgradeOutcome::Unfinished);
}

#[test]
fn a_failure_of_what_is_no_upgrade_brings_nothing_back() {
    let account = Account::with_cluster();
    let stuck = step("api", &[], {
        let account = Arc::clone(&account);
        move |_| {
            Ok(if account.sees("api") {
                Decision::waiting("there", wanted("api"), "its pods")
            } else {
                Decision::create("made", wanted("api"), vec![helm("api")])
            })
        }
    });
    let report = install(&account, vec![stuck]);
    assert_eq!(brief(&report), "failed STEP_TIMED_OUT");
    assert_eq!(helms(&account), ["helm make api"]);
    assert!(report.upgrades.is_empty());
}

#[test]
fn what_somebody_else_changed_meanwhile_is_not_brought_back() {
    let account = Account::with_cluster();
    let changed = step("api", &[], {
        let account = Arc::clone(&account);
        move |_| {
            Ok(if account.sees("api") {
                Decision::update("another chart", wanted("other"), vec![helm("other")])
            } else {
                Decision::update("chart", wanted("api"), vec![helm("api")]).upgrading(Some(upgrade("api")))
            })
        }
    });
    let report = install(&account, vec![changed]);
    assert_eq!(brief(&report), "failed PLAN_CHANGED");
    assert_eq!(helms(&account), ["helm make api"]);
    assert_eq!(versions(&report), [("api", None, UpgradeOutcome::Unfinished)]);
}

#[test]
fn all_that_a_release_needs_to_go_back_is_run_in_its_order_and_what_is_left_of_it_is_told() {
    let of = |account: &Arc<Account>| {
        let account = Arc::clone(account);
        step("api", &[], move |_| {
            Ok(if account.sees("api") {
                Decision::waiting("there", wanted("api"), "its Job")
            } else {
                let mut upgrade = upgrade("api");
                upgrade.back.insert(0, helm("job-gone"));
                Decision::update("chart", wanted("api"), vec![helm("api")]).upgrading(Some(upgrade))
            })
        })
    };
    let account = Account::with_cluster();
    let report = install(&account, vec![of(&account)]);
    assert_eq!(
        helms(&account),
        ["helm make api", "helm make job-gone", "helm make api-back"]
    );
    assert_eq!(versions(&report)[0].2, UpgradeOutcome::BroughtBack);
    let account = Account::with_cluster();
    account.fault("helm make job-gone", 1, Fault::Says("Error: no"));
    let report = install(&account, vec![of(&account)]);
    assert_eq!(helms(&account), ["helm make api", "helm make job-gone"]);
    assert_eq!(versions(&report)[0].2, UpgradeOutcome::Unfinished);
    let remedy = report.failure.unwrap().remediation.unwrap();
    assert!(
        remedy.contains("`helm make job-gone") && remedy.contains(", then `helm make api-back"),
        "{remedy}"
    );
}

#[test]
fn a_look_or_another_command_that_fails_brings_nothing_back() {
    let other =
        |account: &Arc<Account>, after: Result<(), &'static str>| {
            let account = Arc::clone(account);
            step("api", &[], move |_| match (account.sees("api"), after) {
                (false, _) => Ok(Decision::update("chart", wanted("api"), vec![helm("api")])
                    .upgrading(Some(upgrade("api")))),
                (true, Ok(())) => Ok(Decision::update(
                    "a note",
                    wanted("api"),
                    vec![by(Tool::Kubectl, "note")],
                )),
                (true, Err(said)) => Err(lakehouse::clients::CallError {
                    purpose: "look".to_owned(),
                    action: "",
                    class: lakehouse::clients::ErrorClass::Denied,
                    code: None,
                    said: said.to_owned(),
                }),
            })
        };
    let account = Account::with_cluster();
    account.fault("make note", 1, Fault::Says(DENIED));
    let report = install(&account, vec![other(&account, Ok(()))]);
    assert_eq!(helms(&account), ["helm make api"]);
    assert_eq!(versions(&report), [("api", None, UpgradeOutcome::Unfinished)]);
    let account = Account::with_cluster();
    let report = install(&account, vec![other(&account, Err("no"))]);
    assert_eq!(helms(&account), ["helm make api"], "unknown is not failed");
    assert_eq!(versions(&report), [("api", None, UpgradeOutcome::Unfinished)]);
}
