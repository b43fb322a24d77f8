//! Questions to the relay that are not answered yet.
//!
//! An answer comes in parts. They are kept until the last one is here and then handed out
//! together, so that a question asked again in another session is not answered one and a half
//! times.

use std::collections::BTreeMap;

use crate::wire::{Answer, Query};

/// Unanswered questions at most. Arbitrary: a screen asks for one or two things at a time.
pub const QUESTIONS_MAX: usize = 64;

/// Parts kept at most, all questions together: of 64 KiB at most, so 16 MiB on the wire.
const PARTS_MAX: usize = 256;

/// Request numbers start here; channels stay below. A refusal names either by number alone.
pub(super) const REQUEST_MIN: u32 = 1 << 31;

/// A question on its way.
#[derive(Debug)]
struct Question {
    query: Query,
    /// Whether the session in use has taken it.
    is_asked: bool,
    parts: Vec<Answer>,
}

impl Question {
    fn new(query: Query) -> Self {
        Self {
            query,
            is_asked: false,
            parts: Vec::new(),
        }
    }
}

/// All questions on their way, by request number.
#[derive(Debug)]
pub(super) struct Questions {
    open: BTreeMap<u32, Question>,
    next: u32,
    parts: usize,
}

/// More parts than any answer has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooManyParts;

impl Questions {
    pub fn new() -> Self {
        Self {
            open: BTreeMap::new(),
            next: REQUEST_MIN,
            parts: 0,
        }
    }

    /// Adds a question; returns its number, and whether there was room for it.
    pub fn push(&mut self, query: Query) -> (u32, bool) {
        let request = self.number();
        let has_room = self.open.len() < QUESTIONS_MAX;
        if has_room {
            self.open.insert(request, Question::new(query));
        }
        (request, has_room)
    }

    /// Adds a question that is not the user's, beyond the bound: there is one at a time.
    pub fn push_own(&mut self, query: Query) -> u32 {
        let request = self.number();
        self.open.insert(request, Question::new(query));
        request
    }

    /// The next question the session has not taken.
    pub fn next(&self) -> Option<(u32, &Query)> {
        self.open
            .iter()
            .find(|(_, question)| !question.is_asked)
            .map(|(request, question)| (*request, &question.query))
    }

    /// The session has taken this question.
    pub fn handed_over(&mut self, request: u32) {
        if let Some(question) = self.open.get_mut(&request) {
            question.is_asked = true;
        }
    }

    /// Takes one part of an answer; returns all parts once this was the last. Parts nobody asked
    /// for are dropped.
    pub fn handle_part(
        &mut self,
        request: u32,
        part: Answer,
        is_last: bool,
    ) -> Result<Option<Vec<Answer>>, TooManyParts> {
        let Some(question) = self.open.get_mut(&request) else {
            return Ok(None);
        };
        if self.parts == PARTS_MAX {
            return Err(TooManyParts);
        }
        question.parts.push(part);
        self.parts += 1;
        Ok(if is_last { self.remove(request) } else { None })
    }

    /// Gives a refused question up; whether there was one.
    pub fn refuse(&mut self, request: u32) -> bool {
        self.remove(request).is_some()
    }

    /// The session is gone: everything unanswered is asked from the start in the next one.
    pub fn session_lost(&mut self) {
        for question in self.open.values_mut() {
            question.is_asked = false;
            question.parts.clear();
        }
        self.parts = 0;
    }

    fn number(&mut self) -> u32 {
        let request = self.next;
        self.next = request.checked_add(1).unwrap_or(REQUEST_MIN);
        request
    }

    fn remove(&mut self, request: u32) -> Option<Vec<Answer>> {
        let question = self.open.remove(&request)?;
        self.parts -= question.parts.len();
        Some(question.parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_asked_again_is_answered_once() {
        let mut questions = Questions::new();
        let (request, _) = questions.push(Query::Rooms);
        questions.handed_over(request);
        let half = questions.handle_part(request, Answer::Rooms(Vec::new()), false);
        assert_eq!(half, Ok(None));
        questions.session_lost();
        assert_eq!(questions.next(), Some((request, &Query::Rooms)));
        let whole = questions.handle_part(request, Answer::Rooms(Vec::new()), true);
        assert_eq!(whole.unwrap().unwrap().len(), 1);
        assert_eq!(questions.next(), None);
    }

    #[test]
    fn an_answer_without_end_is_cut_off() {
        let mut questions = Questions::new();
        let (request, _) = questions.push(Query::Rooms);
        for _ in 0..PARTS_MAX {
            let part = questions.handle_part(request, Answer::Rooms(Vec::new()), false);
            assert_eq!(part, Ok(None));
        }
        let part = questions.handle_part(request, Answer::Rooms(Vec::new()), true);
        assert_eq!(part, Err(TooManyParts));
    }

    #[test]
    fn questions_beyond_the_bound_are_not_kept() {
        let mut questions = Questions::new();
        for _ in 0..QUESTIONS_MAX {
            assert!(questions.push(Query::Rooms).1);
        }
        assert!(!questions.push(Query::Rooms).1);
    }
}
