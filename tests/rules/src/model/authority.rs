//! Whose signatures an action needs (specification 1.3, 1.4, 1.6).

use std::collections::BTreeMap;

use counterfoil_proto::calendar::v1::action::Action as Calendar;
use counterfoil_proto::cash::v1::{self as cash_wire};
use counterfoil_proto::credit::v1::action::Action as Credit;
use counterfoil_proto::financing::v1::{self as financing_wire, QuoteTerms, Technique};
use counterfoil_proto::invoice::v1 as invoice_wire;
use counterfoil_proto::membership::v1::{
    self as membership_wire, Account, ActionClass as Class, Organization, OrganizationStatus,
    Permission,
};
use counterfoil_proto::receivable::v1::{self as receivable_wire, Purpose};
use counterfoil_proto::settlement::v1 as settlement_wire;
use counterfoil_proto::v1::{KernelRejectionCode as Kernel, Money};

use super::{Act, Id, Model, Rejected, ensure};

/// What an approval rule and a suspension look at.
#[derive(Clone, Debug, PartialEq)]
pub struct Authority {
    pub class: Class,
    pub amount: Option<Money>,
    /// Pays, is paid, releases or ends something.
    pub discharges: bool,
}

impl Authority {
    fn new(class: Class) -> Authority {
        Authority {
            class,
            amount: None,
            discharges: false,
        }
    }

    fn over(class: Class, amount: &Option<Money>) -> Authority {
        Authority {
            amount: amount.clone(),
            ..Authority::new(class)
        }
    }

    fn discharging(self) -> Authority {
        Authority {
            discharges: true,
            ..self
        }
    }

    fn is_administration(&self) -> bool {
        self.class == Class::Administration
    }

    /// Whether an account may make the action.
    pub fn may_make(&self, account: &Account) -> bool {
        let needed = if self.is_administration() {
            Permission::Admin
        } else {
            Permission::Make
        };
        allows(account, needed)
    }

    /// Whether an account may approve it.
    pub fn may_approve(&self, account: &Account) -> bool {
        let needed = if self.is_administration() {
            Permission::Admin
        } else {
            Permission::Approve
        };
        allows(account, needed)
    }
}

fn allows(account: &Account, permission: Permission) -> bool {
    account.permissions.contains(&permission.into())
}

/// Whether the account can sign in a block of this height.
pub fn acts_at(account: &Account, height: u64) -> bool {
    let ended = account.until_height != 0 && account.until_height <= height;
    account.from_height <= height && !ended
}

/// The organization's accounts that can sign in a block of this height.
pub fn acting(organization: &Organization, height: u64) -> Vec<&Account> {
    let accounts = organization.accounts.iter();
    accounts
        .filter(|account| acts_at(account, height))
        .collect()
}

/// Approvals that an action needs beside its maker's signature.
pub fn approvals_asked(organization: &Organization, authority: &Authority, height: u64) -> usize {
    let of_class: Vec<_> = organization
        .approval_rule
        .iter()
        .filter(|requirement| requirement.action_class() == authority.class)
        .collect();
    let mut said = false;
    let mut most = 0;
    for requirement in of_class {
        let asks = match (&requirement.above, &authority.amount) {
            (None, _) | (Some(_), None) => true,
            (Some(above), Some(amount)) if above.currency == amount.currency => {
                above.minor < amount.minor
            }
            // Of another currency it says nothing.
            (Some(_), Some(_)) => continue,
        };
        said = true;
        if asks {
            most = most.max(requirement.approvals as usize);
        }
    }
    if said {
        return most;
    }
    let more_than_view = |account: &&&Account| account.permissions.iter().any(|p| *p > 1);
    let can_act = acting(organization, height)
        .iter()
        .filter(more_than_view)
        .count();
    usize::from(can_act >= 2 && is_checked(authority.class))
}

/// What binds, pays or administers.
fn is_checked(class: Class) -> bool {
    match class {
        Class::Confirm
        | Class::Quote
        | Class::Award
        | Class::Pay
        | Class::Issue
        | Class::Redeem
        | Class::TransferDeposit
        | Class::Split
        | Class::Pledge
        | Class::Guarantee
        | Class::Administration => true,
        Class::Unspecified
        | Class::Register
        | Class::Answer
        | Class::Transfer
        | Class::Request
        | Class::Release
        | Class::Report
        | Class::Rule
        | Class::Attest
        | Class::Supervise
        | Class::Roll => false,
    }
}

/// Whether one of the accounts can have made an action and enough others approved it.
pub fn suffice(signers: &[&Account], authority: &Authority, approvals: usize) -> bool {
    let approvers = signers.iter().filter(|a| authority.may_approve(a)).count();
    signers.iter().any(|maker| {
        let others = approvers - usize::from(authority.may_approve(maker));
        authority.may_make(maker) && others >= approvals
    })
}

/// Whether an organization can do everything that its approval rule asks for, whatever the amount.
pub fn is_able(organization: &Organization, height: u64) -> bool {
    let live = acting(organization, height);
    (1..=21).all(|class| {
        let class = Class::try_from(class).expect("there are 21 classes");
        let authority = Authority::new(class);
        let asked = approvals_asked(organization, &authority, height);
        suffice(&live, &authority, asked)
    })
}

impl Model {
    /// The accounts with these keys that can sign for the organization now.
    pub(super) fn signing(
        &self,
        organization: &str,
        keys: &[Vec<u8>],
        height: u64,
    ) -> Vec<&Account> {
        let accounts = self.organizations[organization].accounts.iter();
        accounts
            .filter(|account| keys.contains(&account.public_key) && acts_at(account, height))
            .collect()
    }

    pub(super) fn is_active(&self, organization: &str) -> bool {
        let found = self.organizations.get(organization);
        found.is_some_and(|o| o.status() == OrganizationStatus::Active)
    }

    /// Whether no suspension stands in the way.
    pub(super) fn check_status(&self, caller: &str, authority: &Authority) -> Result<(), Rejected> {
        ensure(
            authority.discharges || self.is_active(caller),
            Kernel::Suspended,
        )
    }

    /// Whether each of the signers has a part in the action.
    pub(super) fn check_permissions(
        signers: &[&Account],
        authority: &Authority,
    ) -> Result<(), Rejected> {
        let has_part = |a: &&Account| authority.may_make(a) || authority.may_approve(a);
        ensure(
            signers.iter().any(|a| authority.may_make(a)) && signers.iter().all(has_part),
            Kernel::NotPermitted,
        )
    }

    /// All that an action needs of its own organization.
    pub(super) fn check_signed(
        &self,
        caller: &str,
        keys: &[Vec<u8>],
        height: u64,
        authority: &Authority,
    ) -> Result<(), Rejected> {
        let signers = self.signing(caller, keys, height);
        Model::check_permissions(&signers, authority)?;
        let asked = approvals_asked(&self.organizations[caller], authority, height);
        ensure(
            suffice(&signers, authority, asked),
            Kernel::ApprovalsLacking,
        )?;
        self.check_status(caller, authority)
    }

    /// What the act needs; nothing where it sees to its signatures itself.
    pub fn authority(&self, caller: &str, act: &Act) -> Result<Option<Authority>, Rejected> {
        let authority = match act {
            Act::Membership(action) => return self.authority_of_membership(action),
            Act::Calendar(action) => Authority::new(match action.action {
                Some(Calendar::Publish(_)) => Class::Administration,
                _ => Class::Roll,
            }),
            Act::Cash(action) => self.authority_of_cash(caller, action),
            Act::Credit(action) => match action.action {
                // Takes something back.
                Some(Credit::Unshare(_)) => Authority::new(Class::Register).discharging(),
                _ => Authority::new(Class::Administration),
            },
            Act::Financing(action) => self.authority_of_financing(action),
            Act::Invoice(action) => authority_of_invoice(&self.invoices, action),
            Act::Receivable(action) => self.authority_of_receivable(action),
            Act::Settlement(action) => authority_of_settlement(action),
            Act::Supervision(_) => Authority::new(Class::Supervise),
            Act::Garbage(_) => return Err(Rejected::with(Kernel::MalformedAction)),
        };
        Ok(Some(authority))
    }

    fn authority_of_membership(
        &self,
        action: &membership_wire::Action,
    ) -> Result<Option<Authority>, Rejected> {
        use membership_wire::action::Action as Membership;
        let administration = Authority::new(Class::Administration);
        Ok(match &action.action {
            None | Some(Membership::Propose(_) | Membership::Approve(_)) => None,
            Some(Membership::Consent(a)) => match self.proposal(&a.proposal) {
                Ok(proposal) => {
                    let act = Act::decode(proposal.contract, &proposal.action);
                    let authority = self.authority(&proposal.organization, &act)?;
                    authority.map(Authority::discharging)
                }
                Err(_) => Some(Authority::new(Class::Register).discharging()),
            },
            // Takes something back.
            Some(Membership::EndProposal(_)) => Some(Authority::new(Class::Register).discharging()),
            // Keys are lost, and signers leave, whatever an organization's status.
            Some(
                Membership::ChangeAccounts(_)
                | Membership::SetApprovalRule(_)
                | Membership::Leave(_),
            ) => Some(administration.discharging()),
            Some(Membership::ProposeDecision(_) | Membership::Vote(_)) => Some(administration),
        })
    }

    fn authority_of_cash(&self, caller: &str, action: &cash_wire::Action) -> Authority {
        use cash_wire::action::Action as Cash;
        let of_redemption = |holder: &str, end_to_end_id: &str| {
            let key = (holder.to_owned(), end_to_end_id.to_owned());
            self.redemptions.get(&key).and_then(|r| r.amount.clone())
        };
        match action.action.as_ref().expect("well-formed") {
            Cash::Issue(a) => Authority::over(Class::Issue, &a.amount),
            Cash::Transfer(a) => Authority::over(Class::TransferDeposit, &a.amount),
            // A bank's deposits are its debt, and this is how it is paid.
            Cash::RequestRedemption(a) => Authority::over(Class::Redeem, &a.amount).discharging(),
            Cash::ConfirmRedemption(a) => {
                let amount = of_redemption(caller, &a.end_to_end_id);
                Authority::over(Class::Redeem, &amount).discharging()
            }
            Cash::DeclineRedemption(a) => {
                let amount = of_redemption(&a.holder, &a.end_to_end_id);
                Authority::over(Class::Redeem, &amount).discharging()
            }
            Cash::CollectSuspense(a) => {
                let amount = self.in_suspense(&a.suspense);
                Authority::over(Class::Redeem, &amount).discharging()
            }
            Cash::RuleOnSuspense(a) => {
                Authority::over(Class::Supervise, &self.in_suspense(&a.suspense))
            }
            Cash::AcceptIssuers(_) => Authority::new(Class::Administration),
            Cash::AssertPayment(_) | Cash::ContestPayment(_) => {
                Authority::new(Class::Attest).discharging()
            }
        }
    }

    fn authority_of_receivable(&self, action: &receivable_wire::Action) -> Authority {
        use receivable_wire::action::Action as Receivable;
        match action.action.as_ref().expect("well-formed") {
            Receivable::Split(_) | Receivable::Merge(_) => Authority::new(Class::Split),
            Receivable::Offer(_) => Authority::new(Class::Transfer),
            Receivable::Accept(a) => {
                let id = Id::try_from(a.receivable.as_slice()).ok();
                let claim = id.and_then(|id| self.claims.get(&(id, a.number)));
                match claim.and_then(super::claims::offer_on) {
                    Some(offer) if offer.purpose() == Purpose::Sale => {
                        Authority::over(Class::Pay, &offer.price)
                    }
                    _ => Authority::new(Class::Transfer),
                }
            }
            Receivable::Decline(_) | Receivable::Expire(_) => {
                Authority::new(Class::Transfer).discharging()
            }
            Receivable::GiveGuarantee(a) => Authority::over(Class::Guarantee, &a.cap),
            Receivable::GiveNotice(_) => Authority::new(Class::Report).discharging(),
        }
    }

    fn authority_of_financing(&self, action: &financing_wire::Action) -> Authority {
        use financing_wire::action::Action as Financing;
        match action.action.as_ref().expect("well-formed") {
            Financing::Open(a) if a.technique() == Technique::LoanAgainstReceivables => {
                Authority::over(Class::Pledge, &a.amount)
            }
            Financing::Open(a) => Authority::over(Class::Request, &a.amount),
            // What is under seal has no amount yet.
            Financing::Commit(_) => Authority::new(Class::Quote),
            Financing::Reveal(a) => {
                let amount = a.terms.as_ref().and_then(|t: &QuoteTerms| t.amount.clone());
                // It bound itself when it committed.
                Authority::over(Class::Quote, &amount).discharging()
            }
            Financing::Award(a) => {
                let id = Id::try_from(a.request.as_slice()).ok();
                let quote = id.and_then(|id| self.quotes.get(&(id, a.bank.clone())));
                let terms = quote.and_then(|quote| quote.terms.as_ref());
                let amount = terms.and_then(|terms| terms.amount.clone());
                Authority::over(Class::Award, &amount)
            }
            Financing::Cancel(_) | Financing::Expire(_) => {
                Authority::new(Class::Request).discharging()
            }
            Financing::Repay(a) => Authority::over(Class::Pay, &a.amount).discharging(),
            Financing::Release(_) => Authority::new(Class::Release).discharging(),
            Financing::AwardParts(a) => {
                let id = Id::try_from(a.request.as_slice()).ok();
                let request = id.and_then(|id| self.requests.get(&id));
                let sum: u128 = a
                    .parts
                    .iter()
                    .map(|part| u128::from(part.amount_minor))
                    .sum();
                let amount = request
                    .and_then(|request| request.amount.clone())
                    .zip(u64::try_from(sum).ok())
                    .map(|(amount, minor)| Money { minor, ..amount });
                Authority::over(Class::Award, &amount)
            }
            // A lender that enforces its claim is paid.
            Financing::ReportLoanDefault(_) => Authority::new(Class::Report).discharging(),
            Financing::TakeControl(_) => Authority::new(Class::Pledge).discharging(),
            Financing::SplitCollateral(_) => Authority::new(Class::Split),
            Financing::SetLimit(a) => Authority::over(Class::Quote, &a.cap),
            Financing::OpenProgramme(_) => Authority::new(Class::Request),
            Financing::CloseProgramme(_) => Authority::new(Class::Request).discharging(),
            Financing::MakeStandingQuote(a) => {
                let cap = a.terms.as_ref().and_then(|terms| terms.cap.clone());
                Authority::over(Class::Quote, &cap)
            }
            Financing::Purchase(a) => {
                let id = Id::try_from(a.receivable.as_slice()).ok();
                let claim = id.and_then(|id| self.claims.get(&(id, a.number)));
                let amount = claim.map(|claim| Money {
                    minor: claim.outstanding_minor,
                    ..self.receivables[claim.receivable.as_slice()]
                        .face
                        .clone()
                        .expect("a face")
                });
                Authority::over(Class::Award, &amount)
            }
            Financing::DrawExtension(a) => Authority::over(Class::Award, &a.amount),
        }
    }
}

fn authority_of_invoice(
    invoices: &BTreeMap<Id, invoice_wire::Invoice>,
    action: &invoice_wire::Action,
) -> Authority {
    use invoice_wire::action::Action as Invoice;
    match action.action.as_ref().expect("well-formed") {
        Invoice::Register(a) => Authority::over(Class::Register, &a.gross),
        Invoice::Withdraw(_) => Authority::new(Class::Register).discharging(),
        Invoice::Query(_) | Invoice::ResolveQuery(_) | Invoice::Reject(_) => {
            Authority::new(Class::Answer).discharging()
        }
        Invoice::Confirm(a) => Authority::over(Class::Confirm, &a.amount),
        Invoice::Propose(a) => {
            let gross = a.invoice.as_ref().and_then(|invoice| invoice.gross.clone());
            Authority::over(Class::Register, &gross)
        }
        Invoice::AcceptProposal(a) => {
            let proposed = invoices.get(a.invoice.as_slice());
            let gross = proposed.and_then(|invoice| invoice.gross.clone());
            Authority::over(Class::Register, &gross)
        }
        Invoice::TakeBackProposal(_) => Authority::new(Class::Register).discharging(),
        Invoice::DeclineProposal(_)
        | Invoice::RefuseConditions(_)
        | Invoice::ExpireConditions(_) => Authority::new(Class::Answer).discharging(),
        Invoice::ConfirmConditionally(a) => Authority::over(Class::Confirm, &a.amount),
        Invoice::AcceptConditions(a) => Authority::over(Class::Release, &a.amount),
        Invoice::Credit(a) => Authority::over(Class::Release, &a.amount).discharging(),
        Invoice::OpenDispute(_) => Authority::new(Class::Answer),
        Invoice::RuleOnDispute(a) => Authority::over(Class::Rule, &sum_of(a.ruling.as_ref())),
        Invoice::EndDispute(a) => {
            Authority::over(Class::Release, &sum_of(a.ruling.as_ref())).discharging()
        }
    }
}

fn sum_of(ruling: Option<&invoice_wire::Ruling>) -> Option<Money> {
    ruling.and_then(|ruling| ruling.amount.clone())
}

fn authority_of_settlement(action: &settlement_wire::Action) -> Authority {
    use settlement_wire::action::Action as Settlement;
    match action.action.as_ref().expect("well-formed") {
        // What it pays in all: fees come on top of the amount.
        Settlement::Settle(a) => {
            let fees = a.fees.iter().map(|fee| fee.amount_minor);
            let amount = a.amount.clone().map(|amount| Money {
                minor: fees.fold(amount.minor, u64::saturating_add),
                ..amount
            });
            Authority::over(Class::Pay, &amount).discharging()
        }
        Settlement::Honour(a) => Authority::over(Class::Pay, &a.amount).discharging(),
        Settlement::InstructPayment(a) => Authority::over(Class::Pay, &a.amount).discharging(),
        Settlement::ConfirmPayment(_) => Authority::new(Class::Attest).discharging(),
        Settlement::CancelPayment(_) => Authority::new(Class::Release).discharging(),
        Settlement::RulePayment(_) => Authority::new(Class::Rule).discharging(),
        Settlement::TimeOutPayment(_) => Authority::new(Class::Report).discharging(),
        Settlement::ReportOverdue(_) | Settlement::ReportDefault(_) => {
            Authority::new(Class::Report).discharging()
        }
    }
}
