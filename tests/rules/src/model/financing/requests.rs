//! A supplier's request: how it opens, and how it ends without an award.

use counterfoil_proto::financing::v1::{
    CancelRequest, ExpireRequest, OpenRequest, RejectionCode as Code, Request, RequestOpened,
    RequestState, RequestedClaim, Technique, event,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Kind;
use counterfoil_proto::receivable::v1::{Lock, Rank};
use counterfoil_proto::supervision::v1::RejectionCode as Policy;

use super::super::arithmetic::{date, day};
use super::super::claims::{ClaimKey, Disposal, day_of, under};
use super::super::undertakings::WITHOUT;
use super::{MAX_REQUEST_DAYS, REVEAL_DAYS, amount_fits, ensure_open, financing};
use crate::model::{Call, Happened, Model, Rejected, ensure, tagged_hash};

const MAX_CLAIMS: usize = 16;
const MAX_INVITED: usize = 32;

pub(super) const DISPOSAL: Disposal<Code> = Disposal {
    unknown: Code::UnknownClaim,
    not_the_controller: Code::NotTheController,
    nothing_outstanding: Code::NothingOutstanding,
    encumbered: Code::Encumbered,
    held: Code::PaymentUnderWay,
};

impl Model {
    pub(in crate::model) fn open(
        &mut self,
        call: &Call,
        action: &OpenRequest,
    ) -> Result<Vec<Happened>, Rejected> {
        let (seller, today) = (call.organization, self.clock.day(call.time_ms));
        ensure(self.has_role(seller, Role::Supplier), Code::WrongRole)?;
        let keys = self.requested(call, action)?;
        let deadline = action.deadline.as_ref().and_then(day);
        let last = action.expires_on.as_ref().and_then(day);
        let (Some(deadline), Some(last)) = (deadline, last) else {
            return Err(Rejected::with(Code::InvalidDate));
        };
        ensure(
            (0..=MAX_REQUEST_DAYS).contains(&(deadline - today))
                && (REVEAL_DAYS + 1..=MAX_REQUEST_DAYS).contains(&(last - deadline)),
            Code::InvalidDate,
        )?;
        let receivables: Vec<_> = keys.iter().map(|key| &self.receivables[&key.0]).collect();
        ensure(
            receivables
                .iter()
                .all(|r| day_of(&r.adjusted_due_date) > last),
            Code::DueTooSoon,
        )?;
        let amount = action
            .amount
            .as_ref()
            .ok_or(Rejected::with(Code::WrongCurrency))?;
        ensure(
            receivables
                .iter()
                .all(|r| r.face.as_ref().expect("a face").currency == amount.currency),
            Code::WrongCurrency,
        )?;
        let claims: Vec<_> = keys.iter().map(|key| &self.claims[key]).collect();
        let recourse = (action.recourse(), action.recourse_limit);
        ensure(
            match action.technique() {
                Technique::Unspecified => false,
                Technique::LoanAgainstReceivables => recourse == WITHOUT,
                _ => self.may_undertake(&recourse, claims.iter().copied(), today),
            },
            Code::InvalidTechnique,
        )?;
        let all = claims.iter().map(|c| u128::from(c.outstanding_minor)).sum();
        let all_senior = claims.iter().all(|c| c.rank() == Rank::Senior);
        ensure(
            amount_fits(action.technique(), amount.minor, all, all_senior),
            Code::InvalidAmount,
        )?;
        let unconditional = !action.all_or_none && action.minimum_minor == 0;
        ensure(
            unconditional
                || action.technique() != Technique::LoanAgainstReceivables
                    && !(action.all_or_none && action.minimum_minor > 0)
                    && action.minimum_minor <= amount.minor,
            Code::InvalidCondition,
        )?;
        let mut debtors: Vec<String> = receivables.iter().map(|r| r.debtor.clone()).collect();
        debtors.sort();
        debtors.dedup();
        let may_quote = |bank: &String| {
            self.has_role(bank, Role::Bank) && bank != seller && !debtors.contains(bank)
        };
        ensure(
            action.invited.len() <= MAX_INVITED
                && action.invited.windows(2).all(|pair| pair[0] < pair[1])
                && action.invited.iter().all(may_quote),
            Code::InvalidInvitation,
        )?;
        ensure(
            action.arbiter.is_empty() || self.exists(&action.arbiter),
            Code::UnknownArbiter,
        )?;
        let named: Vec<&str> = debtors.iter().map(String::as_str).collect();
        let rules = self.may_begin(call, &amount.currency, &[seller], &named)?;
        let deepest = claims.iter().map(|claim| claim.depth).max();
        ensure(
            rules.deepest_tier.is_none_or(|most| deepest <= Some(most)),
            Policy::DeepestTier,
        )?;

        let id = tagged_hash("counterfoil/request-id/v1", &[&call.tx_id]);
        let as_it_stands = |key: &ClaimKey| {
            let claim = &self.claims[key];
            RequestedClaim {
                receivable: claim.receivable.clone(),
                number: claim.number,
                outstanding_minor: claim.outstanding_minor,
                rank: claim.rank,
                adjusted_due_date: self.receivables[&key.0].adjusted_due_date,
            }
        };
        let request = Request {
            id: id.to_vec(),
            seller: seller.to_owned(),
            claims: keys.iter().map(as_it_stands).collect(),
            technique: action.technique,
            amount: action.amount.clone(),
            recourse: action.recourse,
            recourse_limit: action.recourse_limit,
            opened_on: Some(date(today)),
            deadline: action.deadline,
            expires_on: action.expires_on,
            invited: action.invited.clone(),
            debtors,
            all_or_none: action.all_or_none,
            minimum_minor: action.minimum_minor,
            arbiter: action.arbiter.clone(),
            state: RequestState::Open.into(),
            ..Request::default()
        };
        self.requests.insert(id, request);
        for key in &keys {
            let lock = Lock {
                request: id.to_vec(),
                payment: Vec::new(),
            };
            self.claim_mut(key).encumbrance = under(Kind::Locked(lock));
        }
        let opened = RequestOpened {
            request: id.to_vec(),
            seller: seller.to_owned(),
            technique: action.technique,
            amount: action.amount.clone(),
            deadline: action.deadline,
            expires_on: action.expires_on,
        };
        let invited = action.invited.iter().map(String::as_str);
        let concerned: Vec<&str> = invited.chain([seller]).collect();
        Ok(vec![financing(concerned, event::Event::Opened(opened))])
    }

    /// The claims that are put to the banks.
    fn requested(&self, call: &Call, action: &OpenRequest) -> Result<Vec<ClaimKey>, Rejected> {
        let claims = &action.claims;
        let name = |at: usize| (&claims[at].receivable, claims[at].number);
        ensure(
            (1..=MAX_CLAIMS).contains(&claims.len())
                && (1..claims.len()).all(|at| name(at - 1) < name(at)),
            Code::InvalidClaims,
        )?;
        let mut keys = Vec::new();
        for claim in claims {
            let key = self.disposable(call, &claim.receivable, claim.number, DISPOSAL)?;
            let terms = self.receivables[&key.0].terms.as_ref().expect("terms");
            ensure(terms.assignable, Code::NotAssignable)?;
            keys.push(key);
        }
        Ok(keys)
    }

    pub(in crate::model) fn cancel(
        &mut self,
        call: &Call,
        action: &CancelRequest,
    ) -> Result<Vec<Happened>, Rejected> {
        let (id, request) = self.request(&action.request)?;
        ensure(request.seller == call.organization, Code::NotTheSeller)?;
        ensure_open(request)?;
        let today = self.clock.day(call.time_ms);
        Ok(self.close_request(&id, RequestState::Cancelled, today))
    }

    pub(in crate::model) fn expire_request(
        &mut self,
        call: &Call,
        action: &ExpireRequest,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let (id, request) = self.request(&action.request)?;
        let caller = call.organization;
        ensure(
            request.seller == caller || request.quoting.iter().any(|bank| bank == caller),
            Code::NotAParty,
        )?;
        ensure_open(request)?;
        let last = self.put_off(request, day_of(&request.expires_on), today);
        ensure(today > last, Code::RequestNotExpired)?;
        Ok(self.close_request(&id, RequestState::Expired, today))
    }
}
