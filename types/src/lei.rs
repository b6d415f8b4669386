//! Legal Entity Identifiers (ISO 17442).

/// Whether text is an LEI: 18 letters or digits and two check digits that make
/// it 1 modulo 97, letters counting from A = 10 (ISO 7064, MOD 97-10).
pub fn is_valid(text: &str) -> bool {
    let shaped = text.len() == 20
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && text.bytes().skip(18).all(|b| b.is_ascii_digit());
    shaped
        && text.bytes().fold(0u32, |remainder, byte| match byte {
            b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
            _ => (remainder * 100 + u32::from(byte - b'A') + 10) % 97,
        }) == 1
}

#[cfg(test)]
mod tests {
    use super::is_valid;

    #[test]
    fn published_identifiers_are_valid_and_near_misses_are_not() {
        // GLEIF's own, and that of Apple Inc.
        for good in ["506700GE1G29325QX363", "HWUPKR0MPOU8FGXBT394"] {
            assert!(is_valid(good), "{good}");
        }
        for bad in [
            "506700GE1G29325QX364",
            "506700GE1G29325XQ363",
            "506700ge1g29325qx363",
            "506700GE1G29325QX36",
            "",
        ] {
            assert!(!is_valid(bad), "{bad}");
        }
    }
}
