//! Words of command lines that people paste into a shell.

/// A word, as a shell reads it.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:#".contains(c);
    if !text.is_empty() && text.chars().all(plain) && !text.starts_with('#') {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_command_are_one_word_to_a_shell() {
        for (text, quoted) in [
            ("PAYOUT-1", "PAYOUT-1"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            ("", "''"),
        ] {
            assert_eq!(word(text), quoted);
        }
    }
}
