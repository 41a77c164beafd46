//! A small DNS server on loopback that answers as a test says.

use hickory_resolver::proto::op::{Message, MessageType};
use hickory_resolver::proto::rr::rdata::{NS, SOA};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use std::net::{SocketAddr, UdpSocket};

pub fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// Serves until the test's process ends.
pub fn serve(answer: impl Fn(&str, RecordType, &mut Message) -> bool + Send + 'static) -> SocketAddr {
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

pub fn soa() -> Record {
    let soa = SOA::new(name("ns.test."), name("me.test."), 1, 60, 60, 60, 60);
    Record::from_rdata(name("test."), 60, RData::SOA(soa))
}

pub fn ns(zone: &str, server: &str) -> Record {
    Record::from_rdata(name(zone), 60, RData::NS(NS(name(server))))
}
