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
    let number = number.split(',').next().unwrap();
    ben.write(&format!("/reply {number} yes"));
    ann.until(&format!("ben to ann, #{number}: yes"));
    ben.write("/react 999999 :tada:");
    ben.until("there is no message #999999 here");
    ben.write(&format!("/react {number} :tada:"));
    ann.until(&format!("ben reacted to #{number}: tada"));
    ann.write("s/hello/greetings/");
    ben.until(&format!("ann edited #{number}: greetings from ann"));
    ben.write(&format!("/read {number}"));
    ben.until("ann: greetings from ann");
    ann.write("/info");
    ann.until("held ");
    ann.write("/away lunch");
    ben.until("ann is away: lunch");
    ben.write("/msg ann between us");
    ann.until("@ben, ben: between us");
    ben.write("/who");
    ben.until("ann is away: lunch");
    ben.write("/search greetings");
    ben.until("greetings");
    ben.write("/net");
    ben.until("round trip");
    ben.write("/quit");
    assert!(ben.process.0.wait().unwrap().success());
}

#[test]
fn what_people_say_who_are_ignored_is_not_heard_after_a_new_start_either() {
    let relay = Relay::start();
    let mut ben = Chat::start(&mut relay.command("ben", &["--plain"]));
    let mut ann = Chat::start(&mut relay.command("ann", &["--plain"]));
    ann.until("In contact");
    ann.write("one");
    ben.until("ann: one");
    ben.write("/ignore ann");
    ben.until("ann is ignored from now on");
    ann.write("two");
    ann.until("ann: two");
    ben.write("/quit");
    assert!(ben.process.0.wait().unwrap().success());
    let mut ben = Chat::start(&mut relay.command("ben", &["--plain"]));
    ben.until("In contact");
    ann.write("three");
    ann.until("ann: three");
    ben.write("four");
    loop {
        let line = ben.lines.recv_timeout(PATIENCE).unwrap();
        assert!(!line.contains("ann"), "{line}");
        if line.contains("ben: four") {
            break;
        }
    }
}

#[cfg(unix)]
#[test]
fn told_to_end_it_ends_well() {
    let relay = Relay::start();
    for signal in ["INT", "TERM"] {
        let mut chat = Chat::start(&mut relay.command("ann", &["--plain"]));
        chat.write("still here");
        chat.until("ann: still here");
        let id = chat.process.0.id().to_string();
        let kill = Command::new("kill").args(["-s", signal, &id]).status();
        assert!(kill.unwrap().success());
        assert!(chat.process.0.wait().unwrap().success(), "{signal}");
    }
}

#[test]
fn it_speaks_chinese_and_keeps_lines_apart() {
    let relay = Relay::start();
    let sent = relay.run("ann", &["send", "a\nann: b"]);
    assert!(sent.status.success());
    let mut command = relay.command("ben", &["--plain", "--lang", "zh"]);
    let mut ben = Chat::start(&mut command);
    ben.until("ann: a");
    ben.until("| ann: b  #");
    ben.write("/help reply");
    ben.until("/reply N 文本：回复消息 N");
}

#[test]
fn what_is_piped_in_is_stored_before_it_ends() {
    let relay = Relay::start();
    let mut chat = Chat::start(&mut relay.command("ann", &["--plain"]));
    chat.write("one");
    chat.write("/me waves");
    drop(chat.input);
    let printed: Vec<String> = chat.lines.iter().collect();
    assert!(chat.process.0.wait().unwrap().success());
    assert!(printed.iter().any(|line| line.starts_with("ann: one  #")));
    assert!(
        printed
            .iter()
            .any(|line| line.starts_with("* ann waves  #"))
    );
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
