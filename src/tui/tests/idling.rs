use super::*;

/// What others are told of alice's presence.
fn told(desk: &mut Desk) -> Vec<Presence> {
    let commands = desk.commands().into_iter();
    commands
        .filter_map(|command| match command {
            Command::Presence(presence, _) => Some(presence),
            _ => None,
        })
        .collect()
}

#[test]
fn who_presses_no_key_for_five_minutes_is_idle_until_the_next() {
    let mut desk = Desk::entered();
    desk.minutes(4);
    desk.press("x");
    desk.minutes(4);
    assert_eq!(told(&mut desk), []);
    desk.minutes(1);
    desk.minutes(60);
    assert_eq!(told(&mut desk), [Presence::Idle]);
    desk.press("x");
    assert_eq!(told(&mut desk), [Presence::Here]);
}

#[test]
fn who_is_away_stays_so_whether_keys_are_pressed_or_not() {
    let mut desk = Desk::entered();
    desk.enter_line("/away lunch");
    assert_eq!(told(&mut desk), [Presence::Away]);
    desk.minutes(30);
    desk.press("x");
    assert_eq!(told(&mut desk), []);
}

#[test]
fn a_clock_that_is_set_back_makes_nobody_idle_sooner() {
    let mut desk = Desk::entered();
    desk.minutes(-600);
    desk.minutes(4);
    assert_eq!(told(&mut desk), []);
    desk.minutes(1);
    assert_eq!(told(&mut desk), [Presence::Idle]);
}
