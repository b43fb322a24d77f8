//! Questions to a relay's store with a million messages, and what its index costs a commit.
//!
//! The database is built once, in a temporary folder (`TMPDIR` moves it), by commits of 256 events
//! as a busy relay makes them. A third of the messages is in direct rooms of other people, a fifth
//! is Chinese. Two words are in every second message each and never in the same one, which is as bad
//! as it gets for an index that has to look for both.

use std::fmt::Display;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock};

use divan::Bencher;
use divan::counter::ItemsCount;
use lanterm::room::hash_after;
use lanterm::room::log::{Append, Cutoff, LogReply, LogRequest, Search};
use lanterm::store::{RelayReader, RelayStore};
use lanterm::wire::{
    Body, DeviceId, Event, LocalId, LogHash, LogId, Name, Ordinal, RoomName, SafeText, Seq,
    Timestamp,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Messages in the database.
const MESSAGES: u64 = 1_000_000;

/// Events of a commit.
const BATCH: u64 = 256;

/// Rooms for everybody, and direct rooms of others.
const ROOMS: (usize, usize) = (20, 500);

/// Different words, the first of them the most frequent.
const WORDS: u32 = 30_000;

/// Different Chinese characters.
const CHARACTERS: u32 = 3_000;

fn main() {
    divan::main();
    // What is static is never dropped.
    if let Some(stored) = DATABASE.get() {
        let folder = stored.lock().map(|mut stored| stored.folder.take());
        drop(folder);
    }
}

/// What is asked: a name for the table, words, sender, room.
struct Question {
    title: &'static str,
    words: &'static str,
    from: Option<&'static str>,
    room: Option<&'static str>,
    reader: &'static str,
}

impl Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.title)
    }
}

const fn question(title: &'static str, words: &'static str) -> Question {
    Question {
        title,
        words,
        from: None,
        room: None,
        reader: "reader",
    }
}

const QUESTIONS: &[Question] = &[
    question("one rare word", "needle"),
    question("one frequent word", "even"),
    question("two frequent words, never together", "even odd"),
    question("three frequent words, never together", "even w1 odd"),
    question("two frequent words", "w1 w2"),
    question("a phrase of frequent words", "\"w1 w2\""),
    question("a phrase that never occurs", "\"odd even\""),
    question("no such word", "nowhere even"),
    question("prefix, one letter", "e*"),
    question("prefix, one letter, and a word without it", "o* even"),
    question("prefix, two letters", "w1*"),
    question("prefix, three letters", "eve*"),
    question("prefix, a frequent word", "even*"),
    question("prefix, 1,000 words", "w12*"),
    question("one Chinese character", "乐"),
    question("two Chinese characters", "丁丂"),
    question("two Chinese characters that never meet", "龥丁"),
    question("three Chinese characters", "丁丂丁"),
    Question {
        from: Some("zoe"),
        ..question("frequent word, rare sender", "even")
    },
    Question {
        from: Some("user7"),
        ..question("two frequent words, frequent sender", "even odd")
    },
    Question {
        room: Some("room3"),
        ..question("two frequent words, one room", "even odd")
    },
    Question {
        room: Some("quiet"),
        ..question("frequent word, quiet room", "even")
    },
    question("word of others' direct rooms", "secret"),
    Question {
        reader: "direct7",
        ..question("word of many direct rooms, own one", "secret")
    },
];

#[divan::bench(args = QUESTIONS, sample_size = 1, sample_count = 30)]
fn search(bencher: Bencher, question: &Question) {
    let stored = database().lock().expect("no bench has panicked");
    bencher.bench_local(|| ask(&stored.reader, question, 50));
}

/// One commit on top of the million, of events that go into the index or of some that do not.
#[divan::bench(args = [(1, true), (1, false), (256, true), (256, false)], sample_size = 1, sample_count = 300)]
fn commit(bencher: Bencher, (count, is_indexed): (u64, bool)) {
    let mut stored = database().lock().expect("no bench has panicked");
    let Stored { store, writer, .. } = &mut *stored;
    writer.is_indexed = is_indexed;
    bencher
        .counter(ItemsCount::new(count))
        .with_inputs(|| (0..count).map(|_| writer.event()).collect())
        .bench_local_values(|batch| append(store, batch));
}

/// The deletion of a thousand events, of a million and more.
#[divan::bench(sample_size = 1, sample_count = 30)]
fn prune_1000(bencher: Bencher) {
    let mut stored = database().lock().expect("no bench has panicked");
    bencher.bench_local(|| {
        let cutoff = Cutoff {
            stored_before: Some(Timestamp(2_000_000)),
            ..Cutoff::default()
        };
        let requests = vec![LogRequest::Prune(cutoff)];
        let replies = stored.store.handle(requests, || Timestamp(2_000_000));
        assert!(
            matches!(replies[..], [LogReply::Pruned { is_more: true, .. }]),
            "{replies:?}"
        );
    });
}

/// Opening the store and learning all a relay must know to start.
#[divan::bench(sample_size = 1, sample_count = 10)]
fn open_and_snapshot(bencher: Bencher) {
    let stored = database().lock().expect("no bench has panicked");
    bencher.bench_local(|| {
        let store = RelayStore::open(&stored.path).expect("it was opened before");
        store.snapshot().expect("it can be read").rooms.len()
    });
}

fn ask(reader: &RelayReader, question: &Question, count_max: usize) -> usize {
    let search = Search {
        words: question.words.to_owned(),
        reader: name(question.reader),
        room: question
            .room
            .map(|room| room.parse().expect("a valid name")),
        from: question.from.map(name),
        after: None,
        count_max,
    };
    match reader.answer(LogRequest::Search { ticket: 1, search }) {
        LogReply::Found {
            found: Ok(found), ..
        } => found.len(),
        other => panic!("{other:?}"),
    }
}

fn append(store: &mut RelayStore, appends: Vec<Append>) {
    let replies = store.handle(vec![LogRequest::Append(appends)], || Timestamp(1_000_000));
    assert!(
        matches!(replies[..], [LogReply::Appended { .. }]),
        "{replies:?}"
    );
}

/// The database all benches share.
struct Stored {
    path: PathBuf,
    store: RelayStore,
    reader: RelayReader,
    writer: Writer,
    folder: Option<tempfile::TempDir>,
}

static DATABASE: OnceLock<Mutex<Stored>> = OnceLock::new();

fn database() -> &'static Mutex<Stored> {
    DATABASE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("relay.db");
        let mut store = RelayStore::open(&path).expect("a new store");
        let mut writer = Writer::new();
        append(&mut store, writer.make_rooms());
        while writer.written < MESSAGES {
            let batch = writer.batch();
            append(&mut store, batch);
        }
        let reader = store.reader().expect("a second connection");
        let bytes = path.metadata().map_or(0, |file| file.len());
        // Not into the table.
        eprintln!("{MESSAGES} messages, {} MB", bytes / 1_000_000);
        for question in QUESTIONS {
            let reader = reader.as_ref().expect("a file");
            eprintln!("{question}: {} of 50 found", ask(reader, question, 50));
        }
        Mutex::new(Stored {
            path,
            store,
            reader: reader.expect("a file"),
            writer,
            folder: Some(folder),
        })
    })
}

/// Makes messages.
struct Writer {
    rng: ChaCha12Rng,
    rooms: Vec<(RoomName, Seq, LogHash)>,
    written: u64,
    /// Whether the texts are messages, or reactions, which are not searched.
    is_indexed: bool,
}

impl Writer {
    fn new() -> Self {
        let public = (0..ROOMS.0).map(|n| format!("room{n}"));
        let direct = (0..ROOMS.1).map(|n| format!("@direct{n}+someone{n}"));
        let rooms = public
            .chain(direct)
            .chain(["quiet".to_owned()])
            .map(|room| (room.parse().expect("a valid name"), Seq(0), LogHash::EMPTY));
        Self {
            rng: ChaCha12Rng::seed_from_u64(1),
            rooms: rooms.collect(),
            written: 0,
            is_indexed: true,
        }
    }

    fn make_rooms(&self) -> Vec<Append> {
        let append = |(room, ..): &(RoomName, Seq, LogHash)| Append::Room {
            room: room.clone(),
            log: LogId([1; 8]),
        };
        self.rooms.iter().map(append).collect()
    }

    fn batch(&mut self) -> Vec<Append> {
        (0..BATCH).map(|_| self.event()).collect()
    }

    fn event(&mut self) -> Append {
        self.written += 1;
        let n = self.written;
        let is_direct = n.is_multiple_of(3);
        let index = match n {
            _ if n.is_multiple_of(100_000) => self.rooms.len() - 1,
            _ if is_direct => ROOMS.0 + self.rng.random_range(0..ROOMS.1),
            _ => self.rng.random_range(0..ROOMS.0),
        };
        let sender = if n % 50_000 == 1 {
            "zoe".to_owned()
        } else {
            format!("user{}", n % 100)
        };
        let text = self.text(n, is_direct);
        let (room, seq, hash) = &mut self.rooms[index];
        *seq = seq.next();
        let event = Event {
            seq: *seq,
            device: DeviceId((n % 100).to_be_bytes()),
            local: LocalId(self.rng.random_range(0..1 << 62)),
            ordinal: Ordinal {
                line: u32::try_from(n % 100).unwrap_or(0) + 1,
                number: u32::try_from(seq.0).unwrap_or(u32::MAX),
            },
            from: name(&sender),
            sent_at: Timestamp(0),
            stored_after: 0,
            body: if self.is_indexed {
                Body::Message(SafeText::new(&text))
            } else {
                Body::Reaction(Seq(1), SafeText::new(&text))
            },
        };
        *hash = hash_after(*hash, &event);
        Append::Event {
            room: room.clone(),
            hash: *hash,
            event,
        }
    }

    fn text(&mut self, n: u64, is_direct: bool) -> String {
        let mut text = String::from(if n.is_multiple_of(2) { "Even" } else { "odd" });
        if n.is_multiple_of(5) {
            for _ in 0..self.rng.random_range(3..20) {
                let c = '一' as u32 + self.zipf(CHARACTERS);
                text.extend(char::from_u32(c));
            }
        } else {
            for _ in 0..self.rng.random_range(3..20) {
                let word = self.zipf(WORDS);
                text.push_str(&format!(" w{word}"));
            }
        }
        if is_direct {
            text.push_str(" secret");
        }
        if n.is_multiple_of(250_000) {
            text.push_str(" needle");
        }
        text
    }

    /// Numbers below a bound, small ones far more often, as words are.
    fn zipf(&mut self, bound: u32) -> u32 {
        let share = self.rng.random_range(0.0..1.0f64);
        f64::from(bound).powf(share) as u32
    }
}

fn name(text: &str) -> Name {
    text.parse().expect("a valid name")
}
