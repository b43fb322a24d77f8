//! Names in a row, parted as the language has it.

use std::borrow::Borrow;

use crate::locale::{Language, tr};

/// All of them.
pub fn row(names: &[impl Borrow<str>], language: Language) -> String {
    names.join(&tr!(language, "names-between"))
}

/// The first `names_max` of them, and how many more there are.
pub fn row_up_to(names: &[&str], names_max: usize, language: Language) -> String {
    let shown = row(&names[..names.len().min(names_max)], language);
    match names.len().saturating_sub(names_max) {
        0 => shown,
        more => tr!(language, "info-names-more", names = shown, count = more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_the_bound_are_counted() {
        let names = ["ann", "bob", "小明"];
        assert_eq!(row_up_to(&names, 3, Language::English), "ann, bob, 小明");
        assert_eq!(
            row_up_to(&names, 2, Language::English),
            "ann, bob and 1 more"
        );
        assert_eq!(row_up_to(&names, 3, Language::Chinese), "ann、bob、小明");
        assert_eq!(row_up_to(&[], 3, Language::English), "");
    }
}
