//! The rules one by one; whole networks of clients in [`network`].

mod network;

use rand::SeedableRng;

use super::*;
use crate::wire::Welcome;

const OWN: RelayId = RelayId([5; 8]);

fn at(millis: u64) -> Instant {
    Instant::from_micros(millis * 1000)
}

fn address(port: u16) -> SocketAddr {
    ([10, 0, 0, 1], port).into()
}

fn candidate(id: u8, kind: RelayKind) -> Candidate {
    Candidate {
        id: RelayId([id; 8]),
        kind,
        address: address(u16::from(id)),
        members: 1,
    }
}

fn entered(relay: RelayId, is_hosted: bool) -> Contact {
    Contact::Entered {
        welcome: Welcome {
            name: "alice".parse().unwrap(),
            relay,
            relay_name: "office".parse().unwrap(),
            is_hosted,
            is_durable: !is_hosted,
            direct: Vec::new(),
        },
        address: address(1),
        key: [0; 32],
    }
}

fn lost() -> Contact {
    Contact::Lost {
        reason: crate::client::update::LossReason::Silent,
    }
}

fn actions(rendezvous: &mut Rendezvous) -> Vec<Action> {
    std::iter::from_fn(|| rendezvous.poll_action()).collect()
}

fn start(may_host: bool) -> Rendezvous {
    let rng = ChaCha12Rng::seed_from_u64(1);
    let mut rendezvous = Rendezvous::new(at(0), may_host, OWN, rng);
    assert_eq!(actions(&mut rendezvous), [Action::Probe]);
    rendezvous
}

/// In the session of this relay.
fn using(id: u8, kind: RelayKind) -> Rendezvous {
    let mut rendezvous = start(true);
    rendezvous.handle_candidate(at(0), candidate(id, kind));
    rendezvous.handle_contact(
        at(1),
        &entered(RelayId([id; 8]), kind != RelayKind::Dedicated),
    );
    actions(&mut rendezvous);
    rendezvous
}

/// In the session of its own relay.
fn hosting() -> Rendezvous {
    let mut rendezvous = start(true);
    rendezvous.handle_timeout(at(1000));
    assert_eq!(actions(&mut rendezvous), [Action::Host]);
    rendezvous.handle_contact(at(1010), &entered(OWN, true));
    rendezvous
}

fn dial(id: u8) -> Action {
    Action::Dial(address(u16::from(id)), RelayId([id; 8]))
}

#[test]
fn silence_makes_a_host_of_whoever_may() {
    let mut rendezvous = start(true);
    assert_eq!(rendezvous.poll_timeout(), Some(at(800)));
    rendezvous.handle_timeout(at(799));
    assert_eq!(actions(&mut rendezvous), []);
    rendezvous.handle_timeout(at(800));
    assert_eq!(actions(&mut rendezvous), [Action::Host]);
    let mut rendezvous = start(false);
    assert_eq!(rendezvous.poll_timeout(), None);
    rendezvous.handle_timeout(at(60_000));
    assert_eq!(actions(&mut rendezvous), []);
}

#[test]
fn the_clients_first_word_does_not_start_the_search_over() {
    let mut rendezvous = start(true);
    rendezvous.handle_contact(at(1), &Contact::Searching);
    assert_eq!(actions(&mut rendezvous), []);
    assert_eq!(rendezvous.poll_timeout(), Some(at(800)));
}

#[test]
fn any_relay_is_dialled_the_moment_it_is_heard() {
    for kind in [RelayKind::Dedicated, RelayKind::Hosted] {
        let mut rendezvous = start(true);
        rendezvous.handle_candidate(at(10), candidate(9, kind));
        assert_eq!(actions(&mut rendezvous), [dial(9)]);
    }
}

#[test]
fn a_relay_is_left_only_for_one_that_ranks_before_it() {
    use RelayKind::{Dedicated, Hosted, HostedSettled};
    let cases = [
        (Hosted, HostedSettled, 9, true),
        (Hosted, Dedicated, 9, true),
        (HostedSettled, HostedSettled, 1, true),
        (HostedSettled, HostedSettled, 9, false),
        (HostedSettled, Hosted, 1, false),
        (Dedicated, HostedSettled, 1, false),
        (Dedicated, Dedicated, 1, true),
    ];
    for (used, heard, id, is_left) in cases {
        let mut rendezvous = using(6, used);
        if used == Hosted {
            rendezvous = hosting();
        }
        rendezvous.handle_candidate(at(2000), candidate(id, heard));
        let expected = if is_left { vec![dial(id)] } else { Vec::new() };
        assert_eq!(actions(&mut rendezvous), expected, "{used:?} {heard:?}");
    }
}

#[test]
fn a_host_that_yields_enters_the_other_relay_before_it_stops() {
    let mut rendezvous = hosting();
    rendezvous.handle_candidate(at(2000), candidate(9, RelayKind::Dedicated));
    assert_eq!(actions(&mut rendezvous), [dial(9)]);
    rendezvous.handle_contact(at(2010), &entered(RelayId([9; 8]), false));
    assert_eq!(actions(&mut rendezvous), [Action::StopHosting]);
    assert!(!rendezvous.is_hosting());
}

#[test]
fn a_host_goes_on_when_the_better_relay_cannot_be_entered_and_tries_again() {
    let mut rendezvous = hosting();
    rendezvous.handle_candidate(at(2000), candidate(9, RelayKind::Dedicated));
    actions(&mut rendezvous);
    rendezvous.handle_contact(at(7000), &lost());
    rendezvous.handle_contact(at(7000), &entered(OWN, true));
    rendezvous.handle_candidate(at(8000), candidate(9, RelayKind::Dedicated));
    assert_eq!(actions(&mut rendezvous), []);
    assert!(rendezvous.is_hosting());
    assert_eq!(rendezvous.poll_timeout(), Some(at(9000)));
    rendezvous.handle_timeout(at(9000));
    assert_eq!(actions(&mut rendezvous), [dial(9)]);
}

#[test]
fn a_host_that_got_guests_calls_its_move_off() {
    let mut rendezvous = hosting();
    rendezvous.handle_candidate(at(2000), candidate(9, RelayKind::HostedSettled));
    assert_eq!(actions(&mut rendezvous), [dial(9)]);
    rendezvous.handle_candidate(at(2001), candidate(5, RelayKind::HostedSettled));
    assert_eq!(actions(&mut rendezvous), [dial(5)]);
}

#[test]
fn a_relay_of_the_same_store_in_another_process_is_joined() {
    let mut rendezvous = start(true);
    rendezvous.handle_candidate(at(10), candidate(5, RelayKind::Hosted));
    assert_eq!(actions(&mut rendezvous), [dial(5)]);
    rendezvous.handle_contact(at(20), &entered(OWN, true));
    rendezvous.handle_timeout(at(5000));
    assert_eq!(actions(&mut rendezvous), []);
    assert!(!rendezvous.is_hosting());
}

#[test]
fn a_lost_relay_is_left_to_the_client_for_a_while() {
    let mut rendezvous = using(6, RelayKind::Dedicated);
    rendezvous.handle_contact(at(5000), &lost());
    rendezvous.handle_candidate(at(5100), candidate(7, RelayKind::Dedicated));
    rendezvous.handle_contact(at(5200), &lost());
    assert_eq!(actions(&mut rendezvous), []);
    assert_eq!(rendezvous.poll_timeout(), Some(at(6500)));
    rendezvous.handle_timeout(at(6500));
    assert_eq!(actions(&mut rendezvous), [Action::Probe, dial(7)]);
}

#[test]
fn a_lost_relay_heard_at_another_address_is_dialled_there_at_once() {
    let mut rendezvous = using(6, RelayKind::Dedicated);
    rendezvous.handle_contact(at(5000), &lost());
    let moved = Candidate {
        address: address(99),
        ..candidate(6, RelayKind::Dedicated)
    };
    rendezvous.handle_candidate(at(5100), moved);
    let expected = Action::Dial(address(99), RelayId([6; 8]));
    assert_eq!(actions(&mut rendezvous), [expected]);
}

#[test]
fn when_a_host_ends_its_guests_probe_and_take_what_they_have_heard() {
    let mut rendezvous = using(6, RelayKind::HostedSettled);
    rendezvous.handle_candidate(at(2000), candidate(7, RelayKind::HostedSettled));
    assert_eq!(actions(&mut rendezvous), []);
    rendezvous.handle_contact(at(5000), &Contact::RelayClosing { is_hosted: true });
    assert_eq!(actions(&mut rendezvous), [Action::Probe, dial(7)]);
}

#[test]
fn a_relay_not_heard_for_long_is_no_candidate() {
    let mut rendezvous = using(6, RelayKind::HostedSettled);
    rendezvous.handle_candidate(at(2000), candidate(7, RelayKind::HostedSettled));
    rendezvous.handle_contact(at(14_001), &Contact::RelayClosing { is_hosted: true });
    assert_eq!(actions(&mut rendezvous), [Action::Probe]);
}

#[test]
fn a_changed_key_stops_everything_until_the_user_accepts_it() {
    let mut rendezvous = start(true);
    rendezvous.handle_candidate(at(10), candidate(9, RelayKind::Dedicated));
    actions(&mut rendezvous);
    let changed = Contact::KeyChanged {
        relay_name: "office".parse().unwrap(),
        relay: RelayId([9; 8]),
        pinned: [1; 32],
        found: [2; 32],
    };
    rendezvous.handle_contact(at(20), &changed);
    rendezvous.handle_candidate(at(30), candidate(1, RelayKind::Dedicated));
    rendezvous.handle_timeout(at(60_000));
    assert_eq!(actions(&mut rendezvous), []);
    assert_eq!(rendezvous.poll_timeout(), None);
    let address = address(9);
    rendezvous.handle_contact(at(60_001), &Contact::Dialing { address });
    assert_eq!(actions(&mut rendezvous), [Action::Probe]);
}

#[test]
fn memory_is_bounded_whoever_claims_to_be_a_relay() {
    let mut rendezvous = using(6, RelayKind::Dedicated);
    for id in 0..10_000_u64 {
        let claimed = Candidate {
            id: RelayId((id | 1 << 63).to_be_bytes()),
            ..candidate(9, RelayKind::Hosted)
        };
        rendezvous.handle_candidate(at(2000), claimed);
    }
    assert_eq!(rendezvous.heard.len(), CANDIDATES_MAX);
}
