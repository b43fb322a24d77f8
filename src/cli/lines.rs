//! Standard input, line by line, with a bound on the length of a line.

use std::io;

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// Reads lines of at most `bytes_max` bytes.
pub struct Lines<R> {
    reader: R,
    bytes_max: usize,
    line: Vec<u8>,
    /// Whether the line being read is too long; the rest of it is skipped.
    is_too_long: bool,
    /// How many lines were returned.
    number: usize,
}

/// One line of input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// Its text, without the line end.
    Text(String),
    /// It is longer than the bound.
    TooLong,
    /// It is not UTF-8.
    NotText,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    /// Lines of `reader` of at most `bytes_max` bytes, line end not counted.
    pub fn new(reader: R, bytes_max: usize) -> Self {
        Self {
            reader,
            bytes_max,
            line: Vec::new(),
            is_too_long: false,
            number: 0,
        }
    }

    /// The number of the line returned last, from 1 on.
    pub fn number(&self) -> usize {
        self.number
    }

    /// The next line; `None` at the end. Cancel-safe: what was read of a line is kept.
    ///
    /// # Errors
    /// As the system reports them.
    pub async fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let available = self.reader.fill_buf().await?;
            if available.is_empty() {
                let is_over = self.line.is_empty() && !self.is_too_long;
                return Ok((!is_over).then(|| self.finish()));
            }
            let end = available.iter().position(|byte| *byte == b'\n');
            let part = &available[..end.unwrap_or(available.len())];
            // One byte more than the bound, for the carriage return that may come last.
            if self.line.len() + part.len() > self.bytes_max + 1 {
                self.is_too_long = true;
            } else if !self.is_too_long {
                self.line.extend_from_slice(part);
            }
            let consumed = part.len() + usize::from(end.is_some());
            self.reader.consume(consumed);
            if end.is_some() {
                return Ok(Some(self.finish()));
            }
        }
    }

    fn finish(&mut self) -> Line {
        self.number += 1;
        let mut bytes = std::mem::take(&mut self.line);
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        if std::mem::take(&mut self.is_too_long) || bytes.len() > self.bytes_max {
            return Line::TooLong;
        }
        String::from_utf8(bytes).map_or(Line::NotText, Line::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(input: &[u8]) -> Vec<Line> {
        // A tiny buffer, so that lines come in pieces.
        let reader = tokio::io::BufReader::with_capacity(3, input);
        let mut lines = Lines::new(reader, 10);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            all.push(line);
            assert_eq!(lines.number(), all.len());
        }
        all
    }

    fn text(text: &str) -> Line {
        Line::Text(text.to_owned())
    }

    #[tokio::test]
    async fn lines_end_with_a_line_feed_or_the_input() {
        assert_eq!(lines(b"").await, []);
        assert_eq!(lines(b"\n").await, [text("")]);
        assert_eq!(
            lines(b"one\r\ntwo\n\nfour").await,
            [text("one"), text("two"), text(""), text("four")]
        );
    }

    #[tokio::test]
    async fn a_line_too_long_is_told_and_the_next_is_read() {
        assert_eq!(
            lines(b"0123456789\r\n01234567890\n01234567890123456789\nok\n\xff\nok").await,
            [
                text("0123456789"),
                Line::TooLong,
                Line::TooLong,
                text("ok"),
                Line::NotText,
                text("ok")
            ]
        );
    }
}
