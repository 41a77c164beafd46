use super::*;

fn holder(user: &str, machine: &str, run: &str) -> Holder {
    Holder {
        user: user.to_owned(),
        machine: machine.to_owned(),
        pid: 41,
        start: "0badcafe.77".to_owned(),
        run: run.to_owned(),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

const NOW: &str = "2026-11-24T03:00:00Z";

/// A Lease as the API server gives it back.
fn found(by: &Holder, renewed: &str) -> Lease {
    let mut document = Lease::new(by, at(renewed)).document;
    document["metadata"]["resourceVersion"] = "17".into();
    document["metadata"]["labels"] = value!({ "team": "data" });
    parse_lease(document.to_string().as_bytes()).unwrap()
}

#[test]
fn a_new_lease_is_what_the_api_takes() {
    let me = holder("ann", "m1", "r1");
    assert_eq!(
        Lease::new(&me, at(NOW)).document,
        value!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": { "name": "lakehouse-install", "namespace": "kube-system" },
            "spec": {
                "acquireTime": "2026-11-24T03:00:00.000000Z",
                "holderIdentity": "ann@m1/41/0badcafe.77/r1",
                "leaseDurationSeconds": 3600,
                "leaseTransitions": 0,
                "renewTime": "2026-11-24T03:00:00.000000Z"
            }
        })
    );
}

#[test]
fn only_a_lease_that_is_free_ended_ours_or_of_our_own_dead_is_taken() {
    let me = holder("ann", "m1", "r2");
    let dead = |_: &Holder| false;
    let alive = |_: &Holder| true;
    let soon = "2026-11-24T03:59:59Z";
    let own = found(&holder("ann", "m1", "r1"), NOW);
    assert_eq!(
        own.held_against(&me, at(soon), alive).as_deref(),
        Some("ann@m1/41/0badcafe.77/r1")
    );
    assert_eq!(own.held_against(&me, at(soon), dead), None, "our own dead");
    for (user, machine) in [("bob", "m1"), ("ann", "m2")] {
        let other = found(&holder(user, machine, "r1"), NOW);
        assert!(
            other.held_against(&me, at(soon), dead).is_some(),
            "{user}@{machine}: its process is none that can be looked at here"
        );
        assert_eq!(
            other.held_against(&me, at("2026-11-24T04:00:00Z"), alive),
            None,
            "it has ended"
        );
        assert_eq!(other.given_back().held_against(&me, at(soon), alive), None);
    }
    let same = found(&me, NOW);
    assert_eq!(same.held_against(&me, at(soon), alive), None);
    let mut endless = own.document.clone();
    endless["spec"]["leaseDurationSeconds"] = Value::Null;
    let endless = Lease { document: endless };
    let far = at("2036-11-24T03:00:00Z");
    assert!(
        endless.held_against(&me, far, alive).is_some(),
        "it never says that it ends"
    );
}

#[test]
fn taking_keeps_what_others_put_there_and_the_version_that_was_seen() {
    let me = holder("ann", "m1", "r2");
    let before = found(&holder("bob", "m2", "r1"), NOW);
    let later = at("2026-11-24T04:00:00Z");
    let taken = before.taken(&me, later);
    assert_eq!(taken.document["metadata"]["resourceVersion"], "17");
    assert_eq!(taken.document["metadata"]["labels"]["team"], "data");
    assert_eq!(taken.document["spec"]["leaseTransitions"], 1);
    assert_eq!(taken.since(), Some(later));
    let renewed = taken.taken(&me, at("2026-11-24T04:10:00Z"));
    assert_eq!(renewed.since(), Some(later), "renewed, not taken anew");
    assert_eq!(renewed.ends(), Some(at("2026-11-24T05:10:00Z")));
    assert_eq!(renewed.document["spec"]["leaseTransitions"], 1);
}

#[test]
fn who_takes_over_from_a_dead_run_of_its_own_keeps_the_time_since_which_nobody_else_had_it() {
    let me = holder("ann", "m1", "r2");
    let since = |lease: &Lease| {
        let marks = &lease.document["metadata"]["annotations"];
        marks[HELD_SINCE].as_str().map(str::to_owned)
    };
    let mine = found(&holder("ann", "m1", "r1"), NOW);
    let second = mine.taken(&me, at("2026-11-24T03:01:00Z"));
    assert_eq!(since(&second).as_deref(), Some("2026-11-24T03:00:00.000000Z"));
    let third = second.taken(&holder("ann", "m1", "r3"), at("2026-11-24T03:02:00Z"));
    assert_eq!(since(&third), since(&second), "killed twice");
    let renewed = third.taken(&holder("ann", "m1", "r3"), at("2026-11-24T03:12:00Z"));
    assert_eq!(since(&renewed), since(&second));
    // Whoever had it in between may have begun things, and may live.
    let after = renewed.given_back().taken(&me, at("2026-11-24T03:13:00Z"));
    assert_eq!(since(&after), None);
    let ended = third.taken(&me, at("2026-11-24T04:13:00Z"));
    assert_eq!(since(&ended), None);
    let other = found(&holder("bob", "m2", "r1"), NOW).taken(&me, at("2026-11-24T04:00:00Z"));
    assert_eq!(since(&other), None);
}

#[test]
fn an_answer_that_is_not_the_lease_says_nothing_of_it() {
    let good = found(&holder("ann", "m1", "r1"), NOW).document;
    for (path, bad) in [
        ("kind", value!("List")),
        ("metadata", value!({ "name": "other", "resourceVersion": "1" })),
        ("metadata", value!({ "name": NAME })),
        ("spec", value!({ "holderIdentity": 7 })),
    ] {
        let mut document = good.clone();
        document[path] = bad;
        assert!(
            parse_lease(document.to_string().as_bytes()).is_err(),
            "{document}"
        );
    }
    assert!(parse_lease(b"").is_err());
}
