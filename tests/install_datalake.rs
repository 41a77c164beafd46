//! Datalake's steps, decided: what a wrong decision here breaks is another lakehouse of the same cluster, or a lake
//! that looks at the wrong bucket.

mod install_cases;
mod install_parts;

use install_cases::{desired, settled, stops};
use install_parts::{found, golden, of, older, ours, theirs};
use lakehouse::report::{Code, StepAction};
use lakehouse::steps::install::datalake::pool::{self, MERGE, SEARCH};
use lakehouse::steps::install::datalake::{LAKE, s3_lake, wanted_config};
use lakehouse::steps::install::parts::SeenPart;
use lakehouse::steps::install::release::Observed;
use lakehouse::steps::install::{Decision, Verdict};
use serde_json::{Value, json};

fn merge() -> lakehouse::steps::install::release::Wanted {
    MERGE.wanted(&desired())
}

fn ready(status: &str) -> Value {
    json!({ "metadata": { "name": "pool-merge", "generation": 2 }, "status": { "conditions": [
        { "type": "NodeClassReady", "status": status, "reason": "SubnetsNotFound",
            "message": "SubnetSelector did not match any Subnets", "observedGeneration": 2 },
        { "type": "Ready", "status": status, "reason": "NotReady", "message": "NodeClassReady=False", "observedGeneration": 2 }
    ] } })
}

/// The pool with its node class and node pool as they stand.
fn pools(objects: [Option<Value>; 2]) -> Vec<SeenPart> {
    MERGE.parts().into_iter().zip(objects).collect()
}

fn of_pool(observed: &Observed, objects: [Option<Value>; 2]) -> Decision {
    pool::decide(&desired(), &MERGE, observed, &pools(objects))
}

#[test]
fn a_pool_without_nodes_is_as_it_should_be_once_karpenter_takes_it_for_ready() {
    assert_eq!(
        of_pool(&Observed::Absent, [None, None]).action,
        StepAction::Create
    );
    let both = || {
        [
            Some(ours(&merge(), ready("True"))),
            Some(ours(&merge(), ready("True"))),
        ]
    };
    assert!(settled(&of_pool(&found(&merge()), both())));
    assert_eq!(of_pool(&older(&merge()), both()).action, StepAction::Update);
}

#[test]
fn a_pool_that_is_not_ready_is_waited_for_and_karpenters_reason_is_told() {
    let decision = of_pool(
        &found(&merge()),
        [
            Some(ours(&merge(), ready("False"))),
            Some(ours(&merge(), ready("True"))),
        ],
    );
    let Verdict::Waiting(waiting) = &decision.verdict else {
        panic!("{decision:?}")
    };
    assert_eq!(waiting.what, "the EC2NodeClass `pool-merge` to be ready");
    let [why] = waiting.why.as_slice() else {
        panic!("{waiting:?}")
    };
    assert_eq!(why.stop.code, Code::NodePoolNotReady);
    assert!(why.stop.message.contains("SubnetsNotFound"), "{why:?}");
    assert!(!why.stop.message.contains("SubnetSelector"));
    assert_eq!(
        why.stop.said.as_deref(),
        Some("SubnetSelector did not match any Subnets")
    );
    // What Karpenter said of the form before says nothing of this one; and it may have said nothing yet.
    let mut stale = ready("True");
    stale["status"]["conditions"][1]["observedGeneration"] = json!(1);
    let silent = json!({ "metadata": { "generation": 1 } });
    for other in [stale, silent] {
        let decision = of_pool(
            &found(&merge()),
            [Some(ours(&merge(), ready("True"))), Some(ours(&merge(), other))],
        );
        assert!(matches!(decision.verdict, Verdict::Waiting(_)), "{decision:?}");
    }
}

fn leaving(mut object: Value, finalizer: &str) -> Value {
    object["metadata"]["deletionTimestamp"] = json!("2026-11-24T03:00:00Z");
    object["metadata"]["finalizers"] = json!([finalizer]);
    object
}

#[test]
fn a_pool_that_is_being_deleted_is_no_pool_and_its_name_and_what_holds_it_are_told() {
    let ready = || ours(&merge(), ready("True"));
    for observed in [
        Observed::Absent,
        found(&merge()),
        theirs(&merge()),
        older(&merge()),
    ] {
        let gone = leaving(ready(), "karpenter.sh/termination");
        let decision = of_pool(&observed, [Some(ready()), Some(gone)]);
        let [stop] = stops(&decision) else {
            panic!("{decision:?}")
        };
        assert_eq!(stop.code, Code::OperationInProgress);
        assert_eq!(
            stop.message,
            "The NodePool `pool-merge` is being deleted, and its finalizer karpenter.sh/termination holds it."
        );
        assert!(stop.remedy.contains("kubectl describe nodepools"), "{stop:?}");
    }
}

#[test]
fn a_pool_that_was_taken_away_by_hand_is_made_anew_where_it_is_ours() {
    let one = || Some(ours(&merge(), ready("True")));
    let decision = of_pool(&found(&merge()), [one(), None]);
    assert_eq!(
        (decision.action, decision.writes().len()),
        (StepAction::Update, 1)
    );
    assert!(
        decision.detail.contains("NodePool `pool-merge`"),
        "{}",
        decision.detail
    );
    let decision = of_pool(&theirs(&merge()), [one(), None]);
    assert_eq!(stops(&decision)[0].code, Code::ReleaseConflict);
}

#[test]
fn every_object_of_the_whole_cluster_that_is_anothers_is_named_with_its_release() {
    let other = || Some(of("ingext-merge-pool", "second", ready("True")));
    for observed in [Observed::Absent, found(&merge()), older(&merge())] {
        let decision = of_pool(&observed, [other(), other()]);
        let [class, pool] = stops(&decision) else {
            panic!("{decision:?}")
        };
        for (stop, kind) in [(class, "EC2NodeClass"), (pool, "NodePool")] {
            assert_eq!(stop.code, Code::ClusterObjectTaken);
            assert!(
                stop.message.contains(&format!("The {kind} `pool-merge`")),
                "{stop:?}"
            );
            assert!(
                stop.message
                    .contains("the Helm release `ingext-merge-pool` in `second`"),
                "{stop:?}"
            );
            assert!(stop.remedy.contains("`--cluster`"), "{stop:?}");
            assert!(
                stop.remedy.contains("helm uninstall ingext-merge-pool -n second"),
                "{stop:?}"
            );
        }
    }
    let by_hand = of_pool(&Observed::Absent, [None, Some(ready("True"))]);
    let [stop] = stops(&by_hand) else {
        panic!("{by_hand:?}")
    };
    assert!(stop.message.contains("of no Helm release"), "{stop:?}");
    // Whoever writes annotations writes no words of ours.
    let tricky = of_pool(
        &Observed::Absent,
        [None, Some(of("x`; rm -rf /", "second", json!({})))],
    );
    assert!(!stops(&tricky)[0].message.contains("rm -rf"));
    assert!(!stops(&tricky)[0].remedy.contains("rm -rf"));
}

fn lake() -> lakehouse::steps::install::release::Wanted {
    s3_lake::wanted(&desired())
}

fn volume(phase: &str, bucket: &str) -> Value {
    json!({ "metadata": { "name": "s3-lake" }, "status": { "phase": phase },
        "spec": { "csi": { "volumeAttributes": { "bucketName": bucket } },
            "claimRef": { "name": "cloud-storage-ingext", "namespace": "ingext", "uid": "an-earlier-one" } } })
}

fn claim(phase: &str) -> Value {
    json!({ "metadata": { "name": "cloud-storage-ingext" }, "status": { "phase": phase } })
}

const BUCKET: &str = "demo-000000000000";

fn of_lake(observed: &Observed, volume: Option<Value>, claim: Option<Value>) -> Decision {
    let parts: Vec<SeenPart> = s3_lake::made(&desired())
        .into_iter()
        .zip([volume, claim])
        .collect();
    s3_lake::decide(&desired(), observed, &parts)
}

fn our(object: Value) -> Value {
    ours(&lake(), object)
}

#[test]
fn the_lakes_volume_is_settled_once_its_claim_is_bound() {
    assert_eq!(of_lake(&Observed::Absent, None, None).action, StepAction::Create);
    let made = found(&lake());
    assert!(settled(&of_lake(
        &made,
        Some(our(volume("Bound", BUCKET))),
        Some(our(claim("Bound")))
    )));
    let pending = of_lake(
        &made,
        Some(our(volume("Available", BUCKET))),
        Some(our(claim("Pending"))),
    );
    assert!(matches!(pending.verdict, Verdict::Waiting(_)), "{pending:?}");
    let lost = of_lake(
        &made,
        Some(our(volume("Available", BUCKET))),
        Some(our(claim("Lost"))),
    );
    let Verdict::Waiting(waiting) = &lost.verdict else {
        panic!("{lost:?}")
    };
    assert!(waiting.why[0].hopeless);
    for (volume, claim) in [
        (None, Some(our(claim("Lost")))),
        (Some(our(volume("Available", BUCKET))), None),
    ] {
        assert_eq!(of_lake(&made, volume, claim).action, StepAction::Update);
    }
}

#[test]
fn a_claim_that_is_bound_and_being_deleted_is_never_all_well() {
    let volume = || our(volume("Bound", BUCKET));
    let claim = || our(claim("Bound"));
    let lost_marks = leaving(self::claim("Bound"), "kubernetes.io/pvc-protection");
    for (volume, claim, name) in [
        (
            volume(),
            leaving(claim(), "kubernetes.io/pvc-protection"),
            "PersistentVolumeClaim `ingext/cloud-storage-ingext`",
        ),
        (
            leaving(volume(), "kubernetes.io/pv-protection"),
            claim(),
            "PersistentVolume `s3-lake`",
        ),
        (
            volume(),
            lost_marks,
            "PersistentVolumeClaim `ingext/cloud-storage-ingext`",
        ),
    ] {
        let decision = of_lake(&found(&lake()), Some(volume), Some(claim));
        let [stop] = stops(&decision) else {
            panic!("{decision:?}")
        };
        assert_eq!(stop.code, Code::OperationInProgress);
        assert!(
            stop.message.starts_with(&format!("The {name} is being deleted")),
            "{stop:?}"
        );
        assert_ne!(decision.action, StepAction::Unchanged);
    }
}

#[test]
fn a_volume_that_is_left_over_is_told_before_a_claim_waits_for_it_for_ever() {
    for observed in [Observed::Absent, found(&lake())] {
        let decision = of_lake(&observed, Some(our(volume("Released", BUCKET))), None);
        let [stop] = stops(&decision) else {
            panic!("{decision:?}")
        };
        assert_eq!(stop.code, Code::VolumeReleased);
        assert!(
            stop.remedy.contains("kubectl delete persistentvolume s3-lake"),
            "{stop:?}"
        );
        assert!(stop.remedy.contains("bucket"), "{stop:?}");
    }
    let other = of("ingext-s3-lake", "second", volume("Released", "other-bucket"));
    let decision = of_lake(&Observed::Absent, Some(other), None);
    let codes: Vec<Code> = stops(&decision).iter().map(|stop| stop.code).collect();
    assert_eq!(codes, [Code::ClusterObjectTaken, Code::VolumeReleased]);
}

#[test]
fn a_volume_of_another_bucket_or_another_lakehouse_is_never_written_over() {
    let decision = of_lake(
        &older(&lake()),
        Some(our(volume("Bound", "older-bucket"))),
        Some(our(claim("Bound"))),
    );
    let [stop] = stops(&decision) else {
        panic!("{decision:?}")
    };
    assert_eq!(stop.code, Code::VolumeDiffers);
    assert!(stop.message.contains(BUCKET) && !stop.message.contains("older-bucket"));
    let other = of("ingext-s3-lake", "second", volume("Bound", "other-bucket"));
    let decision = of_lake(&Observed::Absent, Some(other), None);
    let [stop] = stops(&decision) else {
        panic!("{decision:?}")
    };
    assert_eq!(stop.code, Code::ClusterObjectTaken);
    assert!(
        stop.message.contains("The PersistentVolume `s3-lake`"),
        "{stop:?}"
    );
}

#[test]
fn the_charts_are_installed_as_their_repository_has_them() {
    golden("lake-config", &wanted_config(&desired()));
    golden("merge-pool", &merge());
    golden("search-pool", &SEARCH.wanted(&desired()));
    golden("s3-lake", &lake());
    golden("lake", &(LAKE.wanted)(&desired()));
    let names: Vec<&str> = LAKE.workloads.iter().map(|it| it.name).collect();
    assert_eq!(names, ["lake-mgr", "search-service", "lake-worker"]);
}
