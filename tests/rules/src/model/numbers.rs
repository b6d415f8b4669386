//! The normal form of an invoice number (specification 3.2), written out by
//! hand for the characters that the workload uses, so that it shares no Unicode
//! table with the ledger.

/// As printed, then without punctuation and the leading zeros of digit runs.
pub fn normal_form(number: &str) -> String {
    let mut printed = printed_form(number);
    printed.retain(|c| !is_punctuation(c));
    without_leading_zeros(&printed)
}

/// NFKC, case folding, no spaces: what two numbers that are not the same differ in.
///
/// Panics on a character whose normal form is not written here.
pub fn printed_form(number: &str) -> String {
    let composed = number.replace("e\u{301}", "é").replace("E\u{301}", "É");
    let mut folded = String::new();
    for c in composed.chars() {
        fold(c, &mut folded);
    }
    folded.retain(|c| !is_space(c));
    folded
}

fn fold(c: char, out: &mut String) {
    match c {
        ' '..='~' => out.push(c.to_ascii_lowercase()),
        // Full-width forms stand 0xFEE0 above their ASCII ones.
        '\u{FF01}'..='\u{FF5E}' => {
            let ascii = char::from_u32(c as u32 - 0xFEE0).expect("ASCII");
            fold(ascii, out);
        }
        '\u{A0}' | '\u{2009}' | '\u{3000}' => out.push(' '),
        'é' | 'É' => out.push('é'),
        'å' | 'Å' | '\u{212B}' => out.push('å'),
        'σ' | 'ς' | 'Σ' => out.push('σ'),
        'ß' | 'ẞ' => out.push_str("ss"),
        '\u{FB01}' => out.push_str("fi"),
        '\u{2116}' => out.push_str("no"),
        '\u{2163}' => out.push_str("iv"),
        '\u{212A}' => out.push('k'),
        '²' => out.push('2'),
        '①' => out.push('1'),
        '–' | '—' | '‐' | '’' | '«' | '·' | '、' => out.push(c),
        '…' => out.push_str("..."),
        '\u{2011}' => out.push('‐'),
        '€' => out.push(c),
        _ => panic!("no normal form is written for {c:?}"),
    }
}

fn is_space(c: char) -> bool {
    c == ' '
}

/// Unicode's general category P. Signs of money and arithmetic are symbols, not punctuation.
fn is_punctuation(c: char) -> bool {
    match c {
        '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~' => false,
        _ => c.is_ascii_punctuation() || matches!(c, '–' | '—' | '‐' | '’' | '«' | '·' | '、'),
    }
}

fn without_leading_zeros(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_digit = |c: char| c.is_ascii_digit();
        let end = if is_digit(first) {
            rest.find(|c: char| !is_digit(c)).unwrap_or(rest.len())
        } else {
            rest.find(is_digit).unwrap_or(rest.len())
        };
        let (run, after) = rest.split_at(end);
        if is_digit(first) {
            // A run of zeros only is all leading zeros.
            out.push_str(run.trim_start_matches('0'));
        } else {
            out.push_str(run);
        }
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::normal_form;

    #[test]
    fn other_spellings_are_the_same_number() {
        for other in [
            "INV-2024/17",
            "inv 2024 17",
            "ＩＮＶ２０２４１７",
            "Inv.002024-17",
            "inv\u{3000}2024…17",
        ] {
            assert_eq!(normal_form(other), "inv202417", "{other}");
        }
        assert_eq!(
            normal_form("Straße №②".replace('②', "²").as_str()),
            "strasseno2"
        );
    }

    #[test]
    fn symbols_and_inner_zeros_tell_numbers_apart() {
        assert_ne!(normal_form("A+1"), normal_form("A1"));
        assert_ne!(normal_form("2024-017"), normal_form("2024-17"));
        assert_eq!(normal_form("-- / --"), "");
        assert_eq!(normal_form("A-00/B 0"), "ab");
    }
}
