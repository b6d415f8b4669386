//! What endorsers and guarantors undertake to pay of a claim, and the notice that calls on them (specification 4.4, 5.6, 6.6).

use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::event::Event as Kind;
use counterfoil_proto::receivable::v1::{
    Claim, GiveGuarantee, GiveNotice, GuaranteeGiven, NoticeGiven, Receivable, ReceivableState,
    Recourse, RecourseLimit, RejectionCode, Undertaken, Undertaking, UndertakingKind,
};
use counterfoil_types::dates::Date;
use counterfoil_types::ids::GuaranteeId;
use counterfoil_types::limits::{MAX_GUARANTEES, MAX_MINOR, MAX_RECOURSES, RECOURSE_DAYS};

use super::api::pledge_of;
use super::claims::{find, money};
use super::events::emit;
use super::keys::{UNDERTAKINGS, put_claim, receivable_of};
use crate::kernel::{Context, Failure, StateError, Store, reject, stored_date};
use crate::membership::api as membership;

const KEY: &str = "receivable/undertaking";

/// What a transferor undertakes to pay if the debtor does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Liability {
    pub recourse: Recourse,
    /// Of limited recourse.
    pub limit: Option<RecourseLimit>,
}

impl Liability {
    pub fn new(recourse: Recourse, limit: Option<RecourseLimit>) -> Self {
        Self { recourse, limit }
    }

    /// Of one who is rid of the claim for good.
    pub fn none() -> Self {
        Self::new(Recourse::None, None)
    }

    /// Up to a sum, if that is any.
    pub fn limited(limit: RecourseLimit) -> Self {
        match limit.cap_minor {
            0 => Self::none(),
            _ => Self::new(Recourse::Limited, Some(limit)),
        }
    }

    fn binds(&self) -> bool {
        matches!(self.recourse, Recourse::Full | Recourse::Limited)
    }

    /// What is wrong with it for the transfer of these claims today, in words; `None` where nothing is.
    pub fn problem_for<'c>(
        &self,
        context: &Context<'_>,
        claims: impl IntoIterator<Item = &'c Claim>,
    ) -> Result<Option<String>, StateError> {
        if let Some(problem) = self.problem(context.ledger_date) {
            return Ok(Some(problem));
        }
        for claim in claims {
            if let Some(problem) = self.no_room(&context.store, claim)? {
                return Ok(Some(problem));
            }
        }
        Ok(None)
    }

    fn problem(&self, today: Date) -> Option<String> {
        let fits = match (self.recourse, &self.limit) {
            (Recourse::None | Recourse::Full, None) => true,
            (Recourse::Limited, Some(limit)) => {
                let last = Date::try_from(&limit.expires_on.unwrap_or_default());
                (1..=MAX_MINOR).contains(&limit.cap_minor) && last.is_ok_and(|last| today <= last)
            }
            _ => false,
        };
        (!fits).then(|| {
            format!(
                "say the recourse: none, full, or limited with a cap of 1 to 10^18 minor units and a last day for \
                 notice from {today} on"
            )
        })
    }

    fn no_room(&self, store: &Store<'_>, claim: &Claim) -> Result<Option<String>, StateError> {
        let full = self.binds() && count(store, claim, UndertakingKind::Recourse)? >= MAX_RECOURSES;
        Ok(full.then(|| {
            format!(
                "{MAX_RECOURSES} endorsers have undertaken to pay claim {} already: pass it on without recourse",
                claim.number
            )
        }))
    }
}

/// Records what its controller undertakes by a claim's last endorsement. Invariant: the claim has room for it.
pub(super) fn undertake(
    context: &mut Context<'_>,
    claim: &mut Claim,
    liability: &Liability,
    currency: String,
) {
    if !liability.binds() {
        return;
    }
    let limit = liability.limit.unwrap_or_default();
    let undertaking = Undertaking {
        id: claim.endorsement.clone(),
        receivable: claim.receivable.clone(),
        claim: claim.number,
        kind: UndertakingKind::Recourse.into(),
        by: claim.controller.clone(),
        cap_minor: limit.cap_minor,
        paid_minor: 0,
        expires_on: limit.expires_on,
        given_on: Some(context.ledger_date.to_proto()),
        currency,
    };
    add(&mut context.store, claim, &undertaking);
}

fn add(store: &mut Store<'_>, claim: &mut Claim, undertaking: &Undertaking) {
    put(store, undertaking);
    claim.undertakings.push(Undertaken {
        undertaking: undertaking.id.clone(),
        noticed_on: None,
    });
}

pub(super) fn put(store: &mut Store<'_>, undertaking: &Undertaking) {
    let parts = [undertaking.receivable.as_slice(), &undertaking.id];
    UNDERTAKINGS.put(store, &parts, undertaking);
}

/// Takes off a claim what its new controller undertook itself, and what endorsers after it did: they would ask it in turn.
pub(super) fn merge_in_one_hand(
    store: &Store<'_>,
    claim: &mut Claim,
    to: &str,
) -> Result<(), StateError> {
    let all = all(store, claim)?;
    let own = all
        .iter()
        .position(|u| u.by == to && u.kind() == UndertakingKind::Recourse);
    let stays = all.iter().enumerate().map(|(at, undertaking)| {
        let before = own.is_none_or(|own| at < own);
        undertaking.by != to && (before || undertaking.kind() == UndertakingKind::Guarantee)
    });
    keep(claim, stays.collect());
    Ok(())
}

/// Leaves on a claim what endorsers undertook before another undertaking.
pub(super) fn leave_earlier(
    store: &Store<'_>,
    claim: &mut Claim,
    undertaking: &[u8],
) -> Result<(), StateError> {
    let all = all(store, claim)?;
    let of = all.iter().position(|u| u.id == undertaking);
    let stays = all
        .iter()
        .enumerate()
        .map(|(at, u)| of.is_some_and(|of| at < of) && u.kind() == UndertakingKind::Recourse);
    keep(claim, stays.collect());
    Ok(())
}

fn keep(claim: &mut Claim, stays: Vec<bool>) {
    let mut stays = stays.into_iter();
    claim.undertakings.retain(|_| stays.next() == Some(true));
}

/// What others undertook to pay of a claim, in its order.
fn all(store: &Store<'_>, claim: &Claim) -> Result<Vec<Undertaking>, StateError> {
    let missing = || StateError::corrupt(KEY, "a claim's undertaking is missing");
    let find = |undertaken: &Undertaken| {
        let parts = [claim.receivable.as_slice(), &undertaken.undertaking];
        UNDERTAKINGS.get(store, &parts)?.ok_or_else(missing)
    };
    claim.undertakings.iter().map(find).collect()
}

fn count(store: &Store<'_>, claim: &Claim, kind: UndertakingKind) -> Result<usize, StateError> {
    let of_kind = |undertaking: &Undertaking| undertaking.kind() == kind;
    Ok(all(store, claim)?.iter().filter(|u| of_kind(u)).count())
}

/// An undertaking of a claim, with the day on which notice was given of it.
pub fn undertaking_of(
    store: &Store<'_>,
    claim: &Claim,
    id: &[u8],
) -> Result<Option<(Undertaking, Option<Date>)>, StateError> {
    let Some(undertaken) = claim.undertakings.iter().find(|u| u.undertaking == id) else {
        return Ok(None);
    };
    let undertaking = UNDERTAKINGS.get(store, &[&claim.receivable, id])?;
    let undertaking =
        undertaking.ok_or_else(|| StateError::corrupt(KEY, "a claim's is missing"))?;
    Ok(Some((undertaking, noticed_on(undertaken)?)))
}

fn noticed_on(undertaken: &Undertaken) -> Result<Option<Date>, StateError> {
    match undertaken.noticed_on {
        None => Ok(None),
        noticed => stored_date("receivable/claim", noticed).map(Some),
    }
}

/// What may still be paid under an undertaking; `None` where nothing bounds it.
pub fn left(undertaking: &Undertaking) -> Option<u64> {
    match undertaking.cap_minor {
        0 => None,
        cap => Some(cap.saturating_sub(undertaking.paid_minor)),
    }
}

pub(super) fn guarantee(context: &mut Context<'_>, give: GiveGuarantee) -> Result<(), Failure> {
    let guarantor = context.caller.id.clone();
    if !membership::has_role(&context.caller, Role::Guarantor) || give.controller == guarantor {
        let message = "a guarantor guarantees a claim that another organization controls";
        return Err(reject(RejectionCode::WrongGuarantor, message));
    }
    let today = context.ledger_date;
    let last = give.expires_on.map(|last| Date::try_from(&last));
    let in_time = last.is_none_or(|last| last.is_ok_and(|last| today <= last));
    let cap = give.cap.clone().unwrap_or_default();
    if !(1..=MAX_MINOR).contains(&cap.minor) || !in_time {
        let message = format!(
            "a guarantee has a cap of 1 to 10^18 minor units, and a last day from {today} on or none"
        );
        return Err(reject(RejectionCode::InvalidGuarantee, message));
    }
    context.check_consent(&give.controller)?;
    let mut claim = find(&context.store, &give.receivable, give.number)?;
    if claim.controller != give.controller {
        let message = format!(
            "claim {} is not controlled by {}",
            give.number, give.controller
        );
        return Err(reject(RejectionCode::ControllerDiffers, message));
    }
    check_outstanding(&claim)?;
    let receivable = receivable_of(&context.store, &claim)?;
    if receivable.debtor == guarantor {
        let message = "a debtor owes the claim already, and guarantees nothing by it";
        return Err(reject(RejectionCode::WrongGuarantor, message));
    }
    let currency = money(&receivable, 0).currency;
    if cap.currency != currency {
        let message = format!("the claim is in {currency}, not {:?}", cap.currency);
        return Err(reject(RejectionCode::InvalidGuarantee, message));
    }
    if count(&context.store, &claim, UndertakingKind::Guarantee)? >= MAX_GUARANTEES {
        let message = format!("claim {} has {MAX_GUARANTEES} guarantees", claim.number);
        return Err(reject(RejectionCode::TooManyGuarantees, message));
    }

    let undertaking = Undertaking {
        id: GuaranteeId::of(context.tx_id).to_vec(),
        receivable: give.receivable,
        claim: give.number,
        kind: UndertakingKind::Guarantee.into(),
        by: guarantor.clone(),
        cap_minor: cap.minor,
        paid_minor: 0,
        expires_on: give.expires_on,
        given_on: Some(today.to_proto()),
        currency,
    };
    add(&mut context.store, &mut claim, &undertaking);
    put_claim(&mut context.store, &claim);
    let given = GuaranteeGiven {
        guarantee: undertaking.id,
        receivable: claim.receivable,
        number: claim.number,
        guarantor: guarantor.clone(),
        controller: claim.controller.clone(),
        cap: Some(cap),
        expires_on: give.expires_on,
    };
    emit(
        context,
        &[&guarantor, &claim.controller],
        Kind::GuaranteeGiven(given),
    );
    Ok(())
}

fn check_outstanding(claim: &Claim) -> Result<(), Failure> {
    if claim.outstanding_minor > 0 {
        return Ok(());
    }
    let message = format!("no principal is outstanding of claim {}", claim.number);
    Err(reject(RejectionCode::NothingOutstanding, message))
}

pub(super) fn notice(context: &mut Context<'_>, notice: &GiveNotice) -> Result<(), Failure> {
    let mut claim = find(&context.store, &notice.receivable, notice.number)?;
    let by = context.caller.id.clone();
    let is_pledgee = pledge_of(&claim).is_some_and(|pledge| pledge.pledgee == by);
    if claim.controller != by && !is_pledgee {
        let message = "notice is for the claim's controller, or the lender it is pledged to";
        return Err(reject(RejectionCode::NotTheController, message));
    }
    check_outstanding(&claim)?;
    let found = undertaking_of(&context.store, &claim, &notice.undertaking)?;
    let of_another = found.filter(|(undertaking, _)| undertaking.by != by);
    let (undertaking, noticed_on) = of_another.ok_or_else(|| {
        let message = format!("nobody else has undertaken this of claim {}", claim.number);
        reject(RejectionCode::UnknownUndertaking, message)
    })?;
    let receivable = receivable_of(&context.store, &claim)?;
    if receivable.state() != ReceivableState::Defaulted {
        let message = "the receivable is not in default: report that first";
        return Err(reject(RejectionCode::NotInDefault, message));
    }
    if let Some(noticed_on) = noticed_on {
        let message = format!("{} was given notice on {noticed_on}", undertaking.by);
        return Err(reject(RejectionCode::NoticeGiven, message));
    }
    if is_over(&undertaking, context.ledger_date)? {
        let message = "the last day for notice has passed";
        return Err(reject(RejectionCode::NoticeTooLate, message));
    }
    check_turn(context, &claim, &undertaking)?;

    for undertaken in &mut claim.undertakings {
        if undertaken.undertaking == undertaking.id {
            undertaken.noticed_on = Some(context.ledger_date.to_proto());
        }
    }
    put_claim(&mut context.store, &claim);
    tell(context, &claim, &receivable, undertaking);
    Ok(())
}

fn tell(
    context: &mut Context<'_>,
    claim: &Claim,
    receivable: &Receivable,
    undertaking: Undertaking,
) {
    // The calendar's last day is the last to pay by.
    let pay_by = context.ledger_date.add_days(RECOURSE_DAYS);
    let by = context.caller.id.clone();
    let given = NoticeGiven {
        receivable: claim.receivable.clone(),
        number: claim.number,
        undertaking: undertaking.id.clone(),
        by: by.clone(),
        to: undertaking.by.clone(),
        outstanding: Some(money(receivable, claim.outstanding_minor)),
        pay_by: Some(pay_by.unwrap_or(Date::MAX).to_proto()),
        kind: undertaking.kind,
    };
    let concerned = [by.as_str(), &claim.controller, &undertaking.by];
    emit(context, &concerned, Kind::NoticeGiven(given));
}

/// Whether the last day for notice has passed.
fn is_over(undertaking: &Undertaking, today: Date) -> Result<bool, StateError> {
    match undertaking.expires_on {
        None => Ok(false),
        last => Ok(today > stored_date(KEY, last)?),
    }
}

/// Checks that no later endorser is to be asked first.
fn check_turn(
    context: &Context<'_>,
    claim: &Claim,
    undertaking: &Undertaking,
) -> Result<(), Failure> {
    if undertaking.kind() != UndertakingKind::Recourse {
        return Ok(());
    }
    let today = context.ledger_date;
    let all = all(&context.store, claim)?;
    let both = all.iter().zip(&claim.undertakings).rev();
    for (later, undertaken) in both.take_while(|(other, _)| other.id != undertaking.id) {
        let is_done = match noticed_on(undertaken)? {
            Some(day) => day.days_until(today) > RECOURSE_DAYS,
            None => is_over(later, today)?,
        };
        let is_endorser = later.kind() == UndertakingKind::Recourse;
        if is_endorser && !is_done && left(later) != Some(0) {
            let message = format!(
                "{} endorsed the claim later: give it notice, and {RECOURSE_DAYS} days to pay",
                later.by
            );
            return Err(reject(RejectionCode::OutOfTurn, message));
        }
    }
    Ok(())
}
