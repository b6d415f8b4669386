//! Where calendar's records stand.

use counterfoil_proto::calendar::v1::{Clock, PublishedCalendar};

use crate::kernel::Table;

pub(super) const CLOCK: Table<Clock> = Table::new("calendar/clock");
pub(super) const CALENDARS: Table<PublishedCalendar> = Table::new("calendar/calendar");
