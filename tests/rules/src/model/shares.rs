//! Who else may read a profile and its history, and until when (specification 8.1).

use counterfoil_proto::credit::v1::{
    Event, ProfileShare, ProfileShared, ProfileUnshared, RejectionCode as Code, ShareProfile,
    UnshareProfile, event,
};

use super::arithmetic::{date, day};
use super::claims::day_of;
use super::{Call, Happened, Model, Rejected, ensure};

const MOST_DAYS: i64 = 366;

impl Model {
    /// Whether an organization lets another read its profile on a day.
    pub fn lets_read(&self, organization: &str, reader: &str, today: i64) -> bool {
        let key = (organization.to_owned(), reader.to_owned());
        let share = self.shares.get(&key);
        share.is_some_and(|share| share.taken_back_on.is_none() && day_of(&share.until) >= today)
    }

    pub(super) fn share(
        &mut self,
        call: &Call,
        action: &ShareProfile,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let (organization, reader) = (call.organization, action.reader.as_str());
        ensure(
            reader != organization && self.is_active(reader),
            Code::WrongReader,
        )?;
        let last = action.until.as_ref().and_then(day);
        ensure(
            last.is_some_and(|last| last >= today && last - today <= MOST_DAYS),
            Code::InvalidLastDay,
        )?;

        let share = ProfileShare {
            organization: organization.to_owned(),
            reader: reader.to_owned(),
            shared_on: Some(date(today)),
            until: action.until,
            taken_back_on: None,
        };
        let key = (organization.to_owned(), reader.to_owned());
        self.shares.insert(key, share);
        let shared = ProfileShared {
            organization: organization.to_owned(),
            reader: reader.to_owned(),
            until: action.until,
        };
        Ok(told(organization, reader, event::Event::Shared(shared)))
    }

    pub(super) fn unshare(
        &mut self,
        call: &Call,
        action: &UnshareProfile,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let (organization, reader) = (call.organization, action.reader.as_str());
        ensure(self.lets_read(organization, reader, today), Code::NotShared)?;

        let key = (organization.to_owned(), reader.to_owned());
        let share = self.shares.get_mut(&key).expect("found before");
        share.taken_back_on = Some(date(today));
        let unshared = ProfileUnshared {
            organization: organization.to_owned(),
            reader: reader.to_owned(),
        };
        Ok(told(organization, reader, event::Event::Unshared(unshared)))
    }
}

fn told(organization: &str, reader: &str, event: event::Event) -> Vec<Happened> {
    let event = Event { event: Some(event) };
    vec![Happened::credit([organization, reader], event)]
}
