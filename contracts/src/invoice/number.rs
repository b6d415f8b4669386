//! Invoice numbers as fingerprints see them (specification 3.2).

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup, WhiteSpace};
use icu_properties::{CodePointMapData, CodePointSetData};

/// An invoice number without what people write differently: NFKC, case
/// folding, no white space, no punctuation, no leading zeros in runs of ASCII
/// digits. May come out empty.
pub(super) fn normalise(number: &str) -> String {
    let composed = ComposingNormalizer::new_nfkc().normalize(number);
    let folded = CaseMapper::new().fold_string(&composed);
    let category = CodePointMapData::<GeneralCategory>::new();
    let white_space = CodePointSetData::new::<WhiteSpace>();
    let kept = folded.chars().filter(|c| {
        !white_space.contains(*c) && !GeneralCategoryGroup::Punctuation.contains(category.get(*c))
    });
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

#[cfg(test)]
mod tests {
    use super::normalise;

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
}
