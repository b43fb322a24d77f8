//! The chat as lines.

use std::process::{ChildStdin, ChildStdout};
use std::sync::mpsc::{Receiver, channel};

use super::*;

/// A chat that goes on until it is told to quit.
struct Chat {
    process: Endless,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Chat {
    fn start(command: &mut Command) -> Self {
        let mut process = Endless::start(command.stdin(Stdio::piped()));
        let input = process.0.stdin.take().unwrap();
        let output = process.0.stdout.take().unwrap();
        let lines = Self::read(output);
        Self {
            process,
            input,
            lines,
        }
    }

    fn read(output: ChildStdout) -> Receiver<String> {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output).lines().map_while(Result::ok);
            output.try_for_each(|line| sender.send(line))
        });
        lines
    }

    fn write(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }

    /// The next line that has this in it.
    fn until(&self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no line with {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }
}

#[test]
fn two_people_talk_in_lines() {
    let relay = Relay::start();
    let mut ben = Chat::start(&mut relay.command("ben", &["--plain"]));
    ben.until("In contact with relay attic as ben.");
    let mut ann = Chat::start(relay.command("ann", &[]).env("TERM", "dumb"));
    ben.until("ann joined");
    ann.write("hello from ann");
    let hello = ben.until("ann: hello from ann");
    let number = hello.rsplit('#').next().unwrap();
    assert_eq!(&hello[2..3], ":", "it begins with the time: {hello}");
    ben.write(&format!("/reply {number} yes"));
    ann.until(&format!("ben (to #{number}): yes"));
    ben.write("/react 999999 :tada:");
    ben.write(&format!("/react {number} :tada:"));
    ann.until(&format!("ben reacted to #{number}: tada"));
    ann.write("s/hello/greetings/");
    ben.until(&format!("ann edited #{number}: greetings from ann"));
    ann.write("/away lunch");
    ben.until("ann is away: lunch");
    ben.write("/msg ann between us");
    ann.until("@ben ");
    ben.write("/search greetings");
    ben.until("greetings");
    ben.write("/net");
    ben.until("round trip");
    ben.write("/quit");
    assert!(ben.process.0.wait().unwrap().success());
}

#[test]
fn what_is_piped_in_is_stored_before_it_ends() {
    let relay = Relay::start();
    let mut chat = Chat::start(&mut relay.command("ann", &["--plain"]));
    chat.write("one");
    chat.write("/me waves");
    drop(chat.input);
    assert!(chat.process.0.wait().unwrap().success());
    let (_, texts) = relay.log("lobby");
    assert_eq!(texts, ["one", "waves"]);
}

#[test]
fn a_relay_that_does_not_answer_is_not_waited_for_for_ever() {
    let home = tempfile::tempdir().unwrap();
    let mut command = lanterm(home.path());
    let arguments = ["--relay", "127.0.0.1:9", "--timeout", "0.3", "--plain"];
    let mut chat = Chat::start(command.args(arguments).stderr(Stdio::piped()));
    chat.write("one");
    drop(chat.input);
    assert!(!chat.process.0.wait().unwrap().success());
}
