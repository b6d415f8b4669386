//! Invoice numbers as fingerprints see them (specification 3.2).

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;
use icu_properties::props::{
    DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup, WhiteSpace,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// An invoice number but for case, width and white space, which tell no two numbers apart: NFKC, case folding,
/// no white space. Punctuation and leading zeros can.
pub fn printed(number: &str) -> String {
    let composed = ComposingNormalizer::new_nfkc().normalize(number);
    let folded = CaseMapper::new().fold_string(&composed);
    let white_space = CodePointSetData::new::<WhiteSpace>();
    let kept = folded.chars().filter(|c| !white_space.contains(*c));
    kept.collect()
}

/// An invoice number without what people write differently: as it is printed, no punctuation, no leading zeros
/// in runs of ASCII digits. May come out empty.
pub fn normalise(number: &str) -> String {
    let printed = printed(number);
    let category = CodePointMapData::<GeneralCategory>::new();
    let kept = printed
        .chars()
        .filter(|c| !GeneralCategoryGroup::Punctuation.contains(category.get(*c)));
    let mut normal = String::with_capacity(number.len());
    let mut in_digits = false;
    for c in kept {
        if c == '0' && !in_digits {
            continue;
        }
        in_digits = c.is_ascii_digit();
        normal.push(c);
    }
    normal
}

/// Whether a character leaves no mark on paper, or none that is agreed on: it
/// would make a second number that looks like the first.
pub fn is_invisible(c: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    // Control, format, private use, unassigned.
    let other = GeneralCategoryGroup::Other.contains(category);
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c);
    (other || ignorable) && !CodePointSetData::new::<WhiteSpace>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::{is_invisible, normalise, printed};

    /// Golden: a change of Unicode version that moved one of these would split the chain.
    #[test]
    fn spellings_of_one_number_meet() {
        for (spelling, normal) in [
            ("INV-2013/0042", "inv20130042"),
            ("inv 2013 0042", "inv20130042"),
            ("ＩＮＶ－２０１３／００４２", "inv20130042"),
            ("0000611365", "611365"),
            ("A-007", "a7"),
            ("A-0-0-7", "a7"),
            ("10020", "10020"),
            ("Straße ①", "strasse1"),
            ("ǅ5", "dž5"),
            ("№ 5", "no5"),
            ("5$", "5$"),
            ("٠٥", "٠٥"),
            ("000", ""),
            (" -–—/ ", ""),
            ("\u{a0}\u{3000}\t7\n", "7"),
        ] {
            assert_eq!(normalise(spelling), normal, "{spelling:?}");
        }
    }

    #[test]
    fn punctuation_and_zeros_tell_printed_numbers_apart() {
        for (one, other) in [("INV 7", "inv7"), ("ＩＮＶ\u{3000}7", "inv7")] {
            assert_eq!(printed(one), printed(other));
        }
        for (one, other) in [("INV-7", "inv7"), ("INV-07", "INV-7")] {
            assert_eq!(normalise(one), normalise(other));
            assert_ne!(printed(one), printed(other));
        }
    }

    #[test]
    fn characters_that_leave_no_mark_are_told() {
        for invisible in [
            '\0', '\u{7f}', '\u{ad}', '\u{200b}', '\u{fe0f}', '\u{3164}', '\u{e000}',
        ] {
            assert!(is_invisible(invisible), "{invisible:?}");
        }
        for visible in ['a', '7', ' ', '\t', '\u{2028}', 'ß', '№', '-', '$', '請'] {
            assert!(!is_invisible(visible), "{visible:?}");
        }
    }
}
