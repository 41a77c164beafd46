//! DNS lookups against a small server on loopback.

use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, NS, SOA};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use lakehouse::clients::dns::{Lookup, look_up};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_millis(1500);

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// Serves until the test's process ends.
fn serve(answer: impl Fn(&str, RecordType, &mut Message) -> bool + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let query = Message::from_vec(&buffer[..length]).unwrap();
            let question = query.queries()[0].clone();
            let mut reply = Message::new();
            reply
                .set_id(query.id())
                .set_message_type(MessageType::Response)
                .set_recursion_available(true);
            reply.add_query(question.clone());
            if answer(&question.name().to_ascii(), question.query_type(), &mut reply) {
                socket.send_to(&reply.to_vec().unwrap(), from).unwrap();
            }
        }
    });
    address
}

fn soa() -> Record {
    let soa = SOA::new(name("ns.test."), name("me.test."), 1, 60, 60, 60, 60);
    Record::from_rdata(name("test."), 60, RData::SOA(soa))
}

fn ask(server: SocketAddr) -> Lookup {
    look_up("site.test", Some(server), LIMIT)
}

#[test]
fn addresses_of_both_kinds_come_sorted_through_a_cname() {
    let server = serve(|asked, kind, reply| {
        assert!(
            asked == "site.test." || asked == "lb.test.",
            "search domains must not apply: {asked}"
        );
        if asked == "site.test." {
            reply.add_answer(Record::from_rdata(
                name("site.test."),
                60,
                RData::CNAME(CNAME(name("lb.test."))),
            ));
        }
        match kind {
            RecordType::A => {
                for last in [9, 1, 9] {
                    let address = Ipv4Addr::new(192, 0, 2, last);
                    reply.add_answer(Record::from_rdata(name("lb.test."), 60, RData::A(A(address))));
                }
            }
            _ => {
                reply.add_answer(Record::from_rdata(
                    name("lb.test."),
                    60,
                    RData::AAAA(AAAA(Ipv6Addr::LOCALHOST)),
                ));
            }
        }
        true
    });
    let found = ask(server);
    let Lookup::Present(addresses) = found else {
        panic!("{found:?}")
    };
    let texts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["192.0.2.1", "192.0.2.9", "::1"]);
}

#[test]
fn no_such_name_and_no_such_record_are_absent() {
    for code in [ResponseCode::NXDomain, ResponseCode::NoError] {
        for with_soa in [true, false] {
            let server = serve(move |_, _, reply| {
                reply.set_response_code(code);
                if with_soa {
                    reply.add_name_server(soa());
                }
                true
            });
            assert_eq!(ask(server), Lookup::Absent, "{code} {with_soa}");
        }
    }
}

#[test]
fn errors_referrals_and_silence_are_unknown() {
    for code in [
        ResponseCode::ServFail,
        ResponseCode::Refused,
        ResponseCode::NotImp,
    ] {
        let server = serve(move |_, _, reply| {
            reply.set_response_code(code);
            true
        });
        assert!(matches!(ask(server), Lookup::Unknown(_)), "{code}");
    }
    let referral = serve(|_, _, reply| {
        reply.add_name_server(Record::from_rdata(
            name("test."),
            60,
            RData::NS(NS(name("ns.test."))),
        ));
        true
    });
    assert!(matches!(ask(referral), Lookup::Unknown(_)));
    let silent = serve(|_, _, _| false);
    let start = Instant::now();
    assert!(matches!(ask(silent), Lookup::Unknown(_)));
    assert!(
        start.elapsed() < LIMIT + Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    let closed: SocketAddr = "127.0.0.1:9".parse().unwrap();
    assert!(matches!(ask(closed), Lookup::Unknown(_)));
}

#[test]
fn one_question_without_an_answer_leaves_it_unknown() {
    let server = serve(|_, kind, reply| {
        let code = if kind == RecordType::A {
            ResponseCode::NXDomain
        } else {
            ResponseCode::ServFail
        };
        reply.set_response_code(code).add_name_server(soa());
        true
    });
    assert!(matches!(ask(server), Lookup::Unknown(_)));
}

#[test]
fn addresses_of_one_kind_are_enough() {
    let server = serve(|_, kind, reply| {
        if kind == RecordType::A {
            reply.add_answer(Record::from_rdata(
                name("site.test."),
                60,
                RData::A(A(Ipv4Addr::LOCALHOST)),
            ));
        } else {
            reply.set_response_code(ResponseCode::ServFail);
        }
        true
    });
    assert_eq!(ask(server), Lookup::Present(vec!["127.0.0.1".parse().unwrap()]));
}
