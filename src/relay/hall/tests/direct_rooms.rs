//! Rooms of two.

use super::*;

#[test]
fn a_direct_room_is_there_for_its_two_users_only() {
    let mut bench = Bench::new();
    let alice = bench.enter("alice");
    let eve = bench.enter("eve");
    bench.open(alice, "@alice+bob", Follow::Last(10));
    bench.send(alice, "psst");
    bench.settle();
    assert_eq!(bench.events(alice), told(&[(1, "mine")]));

    bench.take(eve);
    bench.open(eve, "@alice+bob", Follow::Since(Seq(0)));
    assert_eq!(bench.refusals(eve), [(CHANNEL, Refusal::NotAllowed)]);
    let queries = [
        Query::Members(Some(room("@alice+bob"))),
        Query::History {
            room: room("@alice+bob"),
            before: None,
            count: 10,
        },
    ];
    for (request, query) in (70..).zip(queries) {
        bench.say(eve, 0, ToRelay::Ask { request, query });
        bench.settle();
        assert_eq!(bench.refusals(eve), [(request, Refusal::NotAllowed)]);
    }
}

#[test]
fn a_direct_room_is_listed_to_its_users_only() {
    let mut bench = Bench::new();
    let alice = bench.enter("alice");
    let eve = bench.enter("eve");
    bench.open(alice, "@alice+bob", Follow::Last(10));
    let mut rooms = |id| {
        let query = Query::Rooms;
        bench.take(id);
        bench.say(id, 0, ToRelay::Ask { request: 9, query });
        bench.settle();
        let names = bench.take(id).into_iter().flat_map(|(_, message)| {
            let ToMember::Answer { part, .. } = message else {
                panic!("{message:?}");
            };
            let Answer::Rooms(rooms) = part else {
                panic!("{part:?}");
            };
            rooms.into_iter().map(|room| room.name.to_string())
        });
        names.collect::<Vec<_>>()
    };
    assert_eq!(rooms(alice), ["@alice+bob", "lobby"]);
    assert_eq!(rooms(eve), ["lobby"]);
}

#[test]
fn the_other_user_is_told_of_a_direct_message_now_or_when_it_enters() {
    let mut bench = Bench::new();
    let alice = bench.enter("alice");
    let bob = bench.enter("bob");
    bench.take(bob);
    bench.open(alice, "@alice+bob", Follow::Last(10));
    bench.send(alice, "one");
    bench.settle();
    let waiting = ToMember::Waiting {
        room: room("@alice+bob"),
        seq: Seq(1),
    };
    assert_eq!(bench.take(bob), [(0, waiting)]);
    let later = bench.enter("bob");
    let direct = bench.welcome(later).direct;
    assert_eq!(direct, [(room("@alice+bob"), Seq(1))]);

    bench.open(bob, "@alice+bob", Follow::Last(10));
    bench.take(bob);
    bench.send(alice, "two");
    bench.settle();
    assert_eq!(bench.events(bob), told(&[(2, "two")]));
}

#[test]
fn a_slow_session_is_told_once_of_many_direct_messages() {
    let mut bench = Bench::new();
    let alice = bench.enter("alice");
    let bob = bench.enter("bob");
    bench.take(bob);
    bench.stalled.insert(bob);
    bench.open(alice, "@alice+bob", Follow::Last(10));
    for _ in 0..5 {
        bench.send(alice, "psst");
        bench.settle();
    }
    bench.resume(bob);
    let waiting = ToMember::Waiting {
        room: room("@alice+bob"),
        seq: Seq(5),
    };
    assert_eq!(bench.take(bob), [(0, waiting)]);
}
