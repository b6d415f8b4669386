//! What a transferor undertakes if the debtor does not pay, as options of `claim offer`, `request open` and `request quote`.

use clap::ValueEnum;
use counterfoil_proto::receivable::v1::{Recourse, RecourseLimit};
use counterfoil_types::dates::Date;

use crate::amounts::Currencies;
use crate::failure::Failure;

#[derive(clap::Args, Clone, Debug)]
pub struct Options {
    /// What the seller pays if the debtor does not: none, all, or a part of it; none if left out, and of a quote what is asked for
    #[arg(long, value_enum)]
    recourse: Option<Kind>,
    /// Of limited recourse: the most that is paid, such as "500.00 USD"
    #[arg(long, value_name = "AMOUNT", requires = "recourse_until")]
    recourse_cap: Option<String>,
    /// Of limited recourse: the last day for notice
    #[arg(long, value_name = "DATE", requires = "recourse_cap")]
    recourse_until: Option<Date>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    None,
    Full,
    Limited,
}

impl Options {
    /// What the options say, where they say anything.
    pub fn given(
        &self,
        currency: &str,
        currencies: &Currencies,
    ) -> Result<Option<(Recourse, Option<RecourseLimit>)>, Failure> {
        let limit = match (&self.recourse_cap, self.recourse_until) {
            (Some(cap), Some(until)) => Some(RecourseLimit {
                cap_minor: currencies.read(cap, Some(currency))?.minor,
                expires_on: Some(until.to_proto()),
            }),
            _ => None,
        };
        let recourse = match self.recourse {
            Some(Kind::None) => Recourse::None,
            Some(Kind::Full) => Recourse::Full,
            Some(Kind::Limited) => Recourse::Limited,
            None if limit.is_some() => Recourse::Limited,
            None => return Ok(None),
        };
        if limit.is_some() != (recourse == Recourse::Limited) {
            return Err(Failure::Usage(
                "--recourse-cap and --recourse-until are of --recourse limited, which needs both"
                    .into(),
            ));
        }
        Ok(Some((recourse, limit)))
    }

    /// What the options say; no recourse where they say nothing.
    pub fn or_none(
        &self,
        currency: &str,
        currencies: &Currencies,
    ) -> Result<(Recourse, Option<RecourseLimit>), Failure> {
        let given = self.given(currency, currencies)?;
        Ok(given.unwrap_or((Recourse::None, None)))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        recourse: Options,
    }

    fn given(words: &str) -> Result<Option<(Recourse, Option<RecourseLimit>)>, String> {
        let line = ["offer"].into_iter().chain(words.split_whitespace());
        let line = Line::try_parse_from(line).map_err(|e| e.to_string())?;
        let currencies = Currencies::from_iter([("USD".to_owned(), 2)]);
        let given = line.recourse.given("USD", &currencies);
        given.map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_cap_and_its_last_day_go_with_limited_recourse_alone() {
        assert_eq!(given(""), Ok(None));
        assert_eq!(given("--recourse none"), Ok(Some((Recourse::None, None))));
        assert_eq!(given("--recourse full"), Ok(Some((Recourse::Full, None))));
        let (recourse, limit) = given("--recourse-cap 5.00 --recourse-until 2026-02-01")
            .unwrap()
            .unwrap();
        let limit = limit.unwrap();
        assert_eq!((recourse, limit.cap_minor), (Recourse::Limited, 500));
        for wrong in [
            "--recourse limited",
            "--recourse-cap 5.00",
            "--recourse full --recourse-cap 5.00 --recourse-until 2026-02-01",
        ] {
            assert!(given(wrong).is_err(), "{wrong}");
        }
    }
}
