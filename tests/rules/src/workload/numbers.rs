//! Invoice numbers, and the many ways to write one.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// Longest number the ledger takes, in characters.
const MAX_CHARACTERS: usize = 64;

/// A number that is new with near certainty.
pub fn fresh(rng: &mut StdRng) -> String {
    let serial: u32 = rng.gen_range(0..10_000_000);
    match rng.gen_range(0..12) {
        0 => format!("RE {serial:08}"),
        1 => format!("{serial}"),
        2 => format!("Straße-{serial}/№7"),
        3 => format!("café+{serial}²"),
        4 => format!("Å{serial:04}.Σ"),
        5 => format!("ﬁn–{serial}–Ⅳ"),
        6 => format!("{}{serial:08}", "9".repeat(MAX_CHARACTERS - 8)),
        7 => format!("K0{serial}$"),
        // Zeros alone, and zeros within: what counts as leading?
        8 => format!(
            "{}{}{}",
            "0".repeat(serial as usize % 3),
            ["", "A", "A00B", "Z-0"][serial as usize % 4],
            "0".repeat(serial as usize / 12 % 3)
        ),
        _ => format!("INV-{}-{serial:05}", rng.gen_range(2000..2030)),
    }
}

/// The same number in other characters: mostly the same normal form, at times a near miss.
pub fn respell(number: &str, rng: &mut StdRng) -> String {
    let mut out = String::new();
    // A letter and its accent stay together.
    for c in number.replace("e\u{301}", "é").chars() {
        match rng.gen_range(0..12) {
            0 => out.push(
                *[' ', '-', '.', '/', '_', '#', '\u{3000}', '\u{A0}', '—', '…']
                    .choose(rng)
                    .expect("some"),
            ),
            1 if c.is_ascii_digit() && c != '0' && !out.ends_with(|c: char| c.is_ascii_digit()) => {
                out.push('0')
            }
            _ => {}
        }
        match rng.gen_range(0..6) {
            0 if c.is_ascii_graphic() => {
                out.push(
                    char::from_u32(c as u32 + 0xFEE0)
                        .expect("full-width forms follow ASCII's order"),
                );
            }
            1 if c.is_ascii() => out.push(c.to_ascii_uppercase()),
            2 if c.is_ascii() => out.push(c.to_ascii_lowercase()),
            3 => out.push_str(respell_character(c).unwrap_or(c.encode_utf8(&mut [0; 4]))),
            _ => out.push(c),
        }
    }
    if out.chars().count() > MAX_CHARACTERS {
        number.to_owned()
    } else {
        out
    }
}

fn respell_character(c: char) -> Option<&'static str> {
    Some(match c {
        'é' => "e\u{301}",
        'ß' => "ẞ",
        'Å' => "\u{212B}",
        'Σ' => "ς",
        'ﬁ' => "FI",
        'Ⅳ' => "iv",
        '№' => "No",
        'K' => "\u{212A}",
        '²' => "2",
        '1' => "①",
        '–' => "\u{2011}",
        _ => return None,
    })
}

/// A number that must be rejected.
pub fn invalid(rng: &mut StdRng) -> String {
    match rng.gen_range(0..4) {
        0 => String::new(),
        1 => "-/. \u{3000}—…".to_owned(),
        2 => "é".repeat(MAX_CHARACTERS + 1),
        _ => format!("{:065}", rng.gen_range(1..1_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::numbers::normal_form;
    use rand::SeedableRng;

    #[test]
    fn most_respellings_keep_the_number_and_look_different() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut same = 0;
        for _ in 0..1_000 {
            let number = fresh(&mut rng);
            let other = respell(&number, &mut rng);
            same += u32::from(other != number && normal_form(&other) == normal_form(&number));
        }
        assert!(same > 700, "{same}");
    }
}
