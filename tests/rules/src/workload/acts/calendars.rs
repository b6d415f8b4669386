//! Calendars of the operators, and terms that name them.

use counterfoil_proto::calendar::v1::{
    Action, BusinessCalendar, PublishCalendar, action::Action as Kind,
};
use counterfoil_proto::invoice::v1::RegisterInvoice;
use counterfoil_proto::receivable::v1::BusinessDayConvention;

use super::{TODAY, registration};
use crate::model::Act;
use crate::model::arithmetic::date;

pub const CALENDAR: &str = "TARGET";

/// A calendar of Monday to Friday but for these days, which knows the days from the 400th before [`TODAY`] to the 400th after.
pub fn calendar(holidays: &[i64]) -> BusinessCalendar {
    BusinessCalendar {
        code: CALENDAR.into(),
        name: "TARGET, euro".into(),
        weekend: vec![6, 7],
        from: Some(date(TODAY - 400)),
        to: Some(date(TODAY + 400)),
        holidays: holidays.iter().map(|day| date(*day)).collect(),
    }
}

pub fn publish(calendar: BusinessCalendar) -> Act {
    Act::Calendar(Action {
        action: Some(Kind::Publish(PublishCalendar {
            calendar: Some(calendar),
        })),
    })
}

/// A registration that falls due on a day under a convention of the calendar.
pub fn due_on(number: &str, due: i64, convention: BusinessDayConvention) -> RegisterInvoice {
    let mut invoice = registration(number);
    invoice.due_date = Some(date(due));
    let terms = invoice.terms.as_mut().expect("terms");
    terms.set_convention(convention);
    terms.calendar = CALENDAR.into();
    invoice
}
