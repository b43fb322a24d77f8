//! Every bound of a relay, with its reason. What a peer can make grow has one here.

use std::time::Duration;

/// The most sessions at once: a large LAN party with a script or two per person.
pub const SESSIONS_MAX: usize = 4_096;

/// The most rooms, direct ones aside. Arbitrary: more can't be found in a list anyway.
pub const ROOMS_MAX: usize = 1_024;

/// The most direct rooms. An idle one takes about 300 bytes, so all of them about 5 MiB.
pub const DIRECT_ROOMS_MAX: usize = 16_384;

/// The most members of a room, present or not: everyone of a full relay. A newcomer beyond it
/// takes the place of the member that has been gone longest.
pub const ROOM_MEMBERS_MAX: usize = 4_096;

/// The most rooms a session has open at once. Arbitrary: more than a person reads.
pub const CHANNELS_MAX: usize = 64;

/// The most channel numbers a session uses up in its life, since none is used twice: the 128
/// streams its link takes, without the one for control.
pub const CHANNELS_USED_MAX: usize = 127;

/// The most messages kept for a session while what they need is still under way on another
/// stream. Streams are independent, so a send may overtake the opening of its room.
pub const EARLY_MESSAGES_MAX: usize = 256;

/// The most messages that wait for a session to take them, events aside, which wait in the log.
/// Who asks that much without reading the answers is closed.
pub const QUEUE_MESSAGES_MAX: usize = 1_024;

/// The most sends of a session that are not answered yet: four full commits.
pub const SENDS_UNANSWERED_MAX: usize = 1_024;

/// The most confirmations that wait for a session to take them. A confirmation stands in the place
/// of its event, so a sender that is still catching up gathers them, at 24 bytes each.
pub const RECEIPTS_MAX: usize = 4_096;

/// The most events that wait to be committed when the relay adds one of its own: a minute of a
/// small disk. Sends have their own limit, in bytes.
pub const PROPOSALS_MAX: usize = 65_536;

/// The most bytes of text in unanswered sends of all sessions together: a minute of a disk that
/// stalls under 500 KiB/s of chat.
pub const SENDS_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The most questions of a session that are not answered yet. Arbitrary; a screen asks one or two.
pub const QUESTIONS_MAX: usize = 16;

/// The most events in the answer to one question.
pub const HISTORY_EVENTS_MAX: usize = 256;

/// The most events in one page for a session that is behind.
pub const PAGE_EVENTS_MAX: usize = 128;

/// The most bytes in one part of an answer or of a list: below a session's largest message of
/// 64 KiB, with room to spare for what surrounds it.
pub const PART_BYTES_MAX: usize = 48 * 1024;

/// The most bytes the latest events of all rooms take; beyond it, a room in use keeps only its very
/// last.
pub const TAILS_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The most changes of its member list a room keeps for those who are behind: 3 s of changes
/// without a pause. Who is further behind gets the list anew.
pub const CHANGES_MAX: usize = 64;

/// The most changes an encoded member list may be behind and still be handed out: well below
/// [`CHANGES_MAX`], which the reader must catch up with.
pub const ROSTER_CHANGES_MAX: u64 = 16;

/// The most own events per channel whose delivery is still reported.
pub const OWN_EVENTS_MAX: usize = 64;

/// The most readers of a room whose progress is kept. Arbitrary: whoever came first; more than a
/// person asks about.
pub const READERS_MAX: usize = 256;

/// The most readers somebody who opens a room is told of.
pub const READERS_TOLD_MAX: usize = 16;

/// How long the store is not told how far readers are, unless something else is written anyway.
pub const READS_DELAY: Duration = Duration::from_secs(1);

/// How often what need not be kept is deleted. Arbitrary: ages are given in hours or days.
pub const PRUNE_PERIOD: Duration = Duration::from_secs(60);

/// For how long the ids of deleted events are remembered. As long as devices offer again what a
/// relay may have lost.
pub const DELETED_IDS_AGE_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The pause between two deletions when there is more: each takes the store some milliseconds, in
/// which nothing is committed.
pub const PRUNE_PAUSE: Duration = Duration::from_millis(100);

/// The most the wall clock may jump before it is no longer believed that events are too old: more
/// than a change of daylight saving time done wrong.
pub const CLOCK_JUMP_MAX: Duration = Duration::from_secs(2 * 3600);

/// The most hashes in the answer to one question: two pages of 18 bytes each on the wire.
pub const HASHES_MAX: usize = 2_048;

/// The most events in the answer to one search.
pub const FOUND_EVENTS_MAX: usize = 256;

/// The longest text that is searched for, in characters. Arbitrary: no phrase is longer.
pub const SEARCH_CHARS_MAX: usize = 256;

/// The most ordinals asked for at once.
pub const NUMBERED_MAX: u32 = 256;

/// The most lines kept for the relay's log until they are taken; the oldest go first.
pub const NOTICES_MAX: usize = 1_024;

/// How long changes of presence are gathered before they are told, so that a thousand arriving
/// members do not cost a million messages. Below what a person notices.
pub const PRESENCE_DELAY: Duration = Duration::from_millis(50);

/// The shortest time between two reports of one reader's progress in one room.
pub const DELIVERED_INTERVAL: Duration = Duration::from_millis(200);

/// The shortest time between two reports that one device types in one room. Below the three seconds at
/// which a client says so, which may come a little early.
pub const TYPING_INTERVAL: Duration = Duration::from_secs(2);

/// How long a relay that shuts down waits for members to acknowledge its goodbye: two of the
/// longest probe timeouts of the link.
pub const CLOSING_WAIT: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Limit;

    /// People are told of a limit by words that have its number.
    #[test]
    fn limits_are_called_by_the_numbers_that_hold() {
        let numbers = [
            (Limit::OpenRooms, CHANNELS_MAX),
            (Limit::RoomsOpened, CHANNELS_USED_MAX),
            (Limit::DirectRooms, DIRECT_ROOMS_MAX),
            (Limit::Rooms, ROOMS_MAX),
            (Limit::Members, ROOM_MEMBERS_MAX),
            (Limit::Events, PROPOSALS_MAX),
            (Limit::Messages, SENDS_UNANSWERED_MAX),
            (Limit::MessageBytes, SENDS_BYTES_MAX / 1024 / 1024),
            (Limit::Confirmations, RECEIPTS_MAX),
            (Limit::Questions, QUESTIONS_MAX),
            (Limit::SearchCharacters, SEARCH_CHARS_MAX),
        ];
        for (limit, number) in numbers {
            let first = limit.as_str().split(' ').next().unwrap_or_default();
            assert_eq!(first.replace(',', ""), number.to_string(), "{limit:?}");
        }
    }
}
