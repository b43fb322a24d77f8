//! Emoji by their shortcodes: `:tada:` for 🎉, as GitHub, Slack and others know them.

/// The longest shortcode there is, with room to spare; what is longer is none.
pub const SHORTCODE_BYTES_MAX: usize = 48;

/// The emoji of a shortcode without its colons.
pub fn find(shortcode: &str) -> Option<&'static str> {
    Some(emojis::get_by_shortcode(shortcode)?.as_str())
}

/// Whether this is an emoji that programs know, and so a terminal may show as one character.
pub fn is_known(cluster: &str) -> bool {
    emojis::get(cluster).is_some()
}

/// What a reaction shows as: the emoji when it names one, with or without colons, or is one, else the
/// text as it is.
pub fn of_reaction(text: &str) -> String {
    let text = text.trim();
    let name = text
        .strip_prefix(':')
        .and_then(|rest| rest.strip_suffix(':'));
    match find(name.unwrap_or(text)) {
        Some(emoji) => emoji.to_owned(),
        None => text.replace(['\n', '\t'], " "),
    }
}

/// The shortcodes that start so, with their emoji, for completion: the shortest first, then by the
/// alphabet. `prefix` stands without its colon, in any case; an empty one has no candidates.
pub fn candidates(prefix: &str) -> Vec<(&'static str, &'static str)> {
    let prefix = prefix.to_ascii_lowercase();
    if prefix.is_empty() || prefix.len() > SHORTCODE_BYTES_MAX {
        return Vec::new();
    }
    let mut found: Vec<(&'static str, &'static str)> = emojis::iter()
        .flat_map(|emoji| emoji.shortcodes().map(|code| (code, emoji.as_str())))
        .filter(|(code, _)| code.starts_with(&prefix))
        .collect();
    found.sort_by_key(|(code, _)| (code.len(), *code));
    found
}

/// The shortcode that `text` starts with, colons included, and its emoji.
pub fn leading(text: &str) -> Option<(&str, &'static str)> {
    let rest = text.strip_prefix(':')?;
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"_+-".contains(byte);
    let bytes = rest.as_bytes().iter().take(SHORTCODE_BYTES_MAX + 1);
    let len = bytes.take_while(|byte| is_letter(byte)).count();
    if rest.as_bytes().get(len) != Some(&b':') {
        return None;
    }
    Some((&text[..len + 2], find(&rest[..len])?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortcodes_are_known_and_fit_their_bound() {
        assert_eq!(find("tada"), Some("🎉"));
        assert_eq!(find("+1"), Some("👍"));
        assert_eq!(find("no_such_thing"), None);
        let longest = emojis::iter()
            .flat_map(|emoji| emoji.shortcodes())
            .map(str::len)
            .max();
        assert!(longest.is_some_and(|bytes| bytes <= SHORTCODE_BYTES_MAX));
    }

    #[test]
    fn candidates_start_with_the_shortest() {
        let found = candidates("ta");
        assert_eq!(found[0], ("taco", "🌮"));
        assert!(found.contains(&("tada", "🎉")));
        assert!(found.iter().all(|(code, _)| code.starts_with("ta")));
        assert_eq!(candidates("TADA"), candidates("tada"));
        assert_eq!(candidates(""), []);
    }

    #[test]
    fn a_reaction_is_an_emoji_or_what_it_says() {
        assert_eq!(of_reaction("+1"), "👍");
        assert_eq!(of_reaction(":+1:"), "👍");
        assert_eq!(of_reaction("🎉"), "🎉");
        assert_eq!(of_reaction(":nothing:"), ":nothing:");
        assert_eq!(of_reaction(" a\nb "), "a b");
    }

    #[test]
    fn a_shortcode_needs_both_colons() {
        assert_eq!(leading(":tada: yes"), Some((":tada:", "🎉")));
        assert_eq!(leading(":tada"), None);
        assert_eq!(leading("::"), None);
        assert_eq!(leading(&format!(":{}", "a".repeat(20_000))), None);
    }
}
