//! Which part of a list is in sight that is longer than its pane.

/// How far a pane is scrolled, in rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PaneScroll {
    top: usize,
}

impl PaneScroll {
    /// The first row in sight of so many, in a pane of so many.
    pub fn top(self, rows: usize, height: usize) -> usize {
        self.top.min(rows.saturating_sub(height))
    }

    /// Scrolls down, or up when negative, as far as there is anything.
    pub fn scroll(&mut self, by: isize, rows: usize, height: usize) {
        let top = self.top(rows, height).saturating_add_signed(by);
        self.top = top.min(rows.saturating_sub(height));
    }

    /// Scrolls no further than needed to bring a row into sight.
    pub fn show(&mut self, row: usize, height: usize) {
        let lowest = (row + 1).saturating_sub(height.max(1));
        self.top = self.top.max(lowest).min(row);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_brought_into_sight_by_as_little_as_needed() {
        let mut scroll = PaneScroll::default();
        let mut tops = Vec::new();
        for row in [2, 5, 4, 3, 2, 0] {
            scroll.show(row, 3);
            tops.push(scroll.top(10, 3));
        }
        assert_eq!(tops, [0, 3, 3, 3, 2, 0]);
    }

    #[test]
    fn scrolling_ends_with_the_last_row_in_sight() {
        let mut scroll = PaneScroll::default();
        scroll.scroll(100, 10, 4);
        assert_eq!(scroll.top(10, 4), 6);
        assert_eq!(scroll.top(5, 4), 1);
        scroll.scroll(-100, 5, 4);
        assert_eq!(scroll.top(5, 4), 0);
        scroll.scroll(1, 2, 4);
        assert_eq!(scroll.top(2, 4), 0);
    }
}
