//! Where calendar's record stands.

use counterfoil_proto::calendar::v1::Clock;

use crate::kernel::Table;

pub(super) const CLOCK: Table<Clock> = Table::new("calendar/clock");
