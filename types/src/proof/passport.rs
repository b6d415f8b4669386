//! The passport of a receivable: what its buyer confirmed, who has which part of it and by which way, what encumbers it, and
//! what was paid, all as the state has it after one block.
//!
//! What whoever made the file may not read is left out and said to be. What is there is whole: a claim comes with all
//! endorsements back to the seller and with all that was undertaken for it.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::cash::v1::Payment;
use counterfoil_proto::financing::v1::{Loan, Quote};
use counterfoil_proto::invoice::v1::{self as invoices, Invoice, action::Action as Invoices};
use counterfoil_proto::membership::v1::{
    self as membership, Approve, Consent, Organization, Proposal, action::Action as Membership,
};
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Burden;
use counterfoil_proto::receivable::v1::{
    Claim, ClaimState, DebtPayment, Endorsement, Receivable, Terms, Undertaking,
};
use counterfoil_proto::v1 as wire;

use super::records::{Records, Signed};
use super::{ProofError, keys};
use crate::claim::burden;
use crate::hash::Hash;
use crate::ids::{ProposalId, TxId};
use crate::limits::MAX_PRIVATE_FIELDS;
use crate::payload::PrivateField;
use crate::strict;
use crate::terms::terms_hash;
use crate::transaction::contract;

/// What a passport says. Everything in it was proven.
#[derive(Clone, Debug, PartialEq)]
pub struct Passport {
    pub receivable: Receivable,
    /// The debtor, with the keys of its accounts.
    pub debtor: Organization,
    pub confirmation: Confirmation,
    /// `None` where it is not disclosed.
    pub invoice: Option<Invoice>,
    /// Those that are disclosed, ascending by number.
    pub claims: Vec<Claim>,
    /// By id.
    pub endorsements: BTreeMap<Vec<u8>, Endorsement>,
    pub undertakings: BTreeMap<Vec<u8>, Undertaking>,
    /// Quotes by whose award a claim was passed on or a loan was made, by request and bank; and loans that claims are pledged for. Those
    /// disclosed.
    pub quotes: BTreeMap<(Vec<u8>, String), Quote>,
    pub loans: BTreeMap<Vec<u8>, Loan>,
    /// What the debtor paid, one payment after the other, from version 9 of the rules on.
    pub debt_payments: Vec<DebtPayment>,
    /// Payments over the external rail that are under way; those disclosed.
    pub payments: BTreeMap<Vec<u8>, Payment>,
    /// Names and values of private fields that are opened.
    pub opened: Vec<(String, String)>,
}

/// The buyer's own signature under what it undertook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// A transaction of the debtor's, by these accounts.
    Signed { transaction: TxId, by: Vec<Vec<u8>> },
    /// A proposal of the debtor's that these accounts made and approved; the transaction that carried it out.
    Approved {
        proposal: Vec<u8>,
        by: Vec<Vec<u8>>,
        transaction: TxId,
    },
    /// The receivable is older than version 8 of the rules, from which on it names its confirmation.
    NotNamed,
}

/// Why records are no passport.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PassportError {
    #[error("the {0} is another than the one it is said to be")]
    Other(&'static str),
    #[error("claim {0} is none of the receivable's")]
    OtherClaim(u32),
    #[error("claim {0} is not in the hands of whom it was endorsed to")]
    OtherHolder(u32),
    #[error("the endorsements of claim {0} go in a circle")]
    Circle(u32),
    #[error("the live claims do not add up to the face less what was paid and credited")]
    Sum,
    #[error("more was paid one by one than the receivable has in all")]
    Paid,
    #[error("the transaction that the receivable names is no confirmation of it by its debtor")]
    NotAConfirmation,
    #[error("the confirmation is signed by an account that is none of the debtor's")]
    OtherAccount,
    #[error("private fields are opened of an invoice that is not disclosed")]
    NoInvoice,
    #[error("the private field {0:?} is not under the invoice's payload root")]
    OtherField(String),
    #[error("the opened private fields do not ascend by position, or are not of as many")]
    FieldOrder,
}

/// Reads and checks what a passport asks for.
pub(super) fn read(
    asked: &wire::Passport,
    records: &mut Records<'_>,
    opened: &[wire::OpenedField],
) -> Result<Passport, ProofError> {
    let receivable: Receivable =
        records.must(&keys::receivable(&asked.receivable), "receivable")?;
    if receivable.id != asked.receivable {
        return Err(PassportError::Other("receivable").into());
    }
    let debtor: Organization = records.must(&keys::organization(&receivable.debtor), "debtor")?;
    if debtor.id != receivable.debtor {
        return Err(PassportError::Other("debtor").into());
    }
    let invoice: Option<Invoice> = records.may(&keys::invoice(&receivable.invoice), "invoice")?;
    if let Some(invoice) = &invoice {
        let same = invoice.id == receivable.invoice
            && invoice.receivable == receivable.id
            && invoice.buyer == receivable.debtor;
        if !same {
            return Err(PassportError::Other("invoice").into());
        }
    }
    let mut passport = Passport {
        confirmation: confirmation(&receivable, &debtor, records)?,
        opened: fields(invoice.as_ref(), opened)?,
        receivable,
        debtor,
        invoice,
        claims: Vec::new(),
        endorsements: BTreeMap::new(),
        undertakings: BTreeMap::new(),
        quotes: BTreeMap::new(),
        loans: BTreeMap::new(),
        debt_payments: Vec::new(),
        payments: BTreeMap::new(),
    };
    passport.read_claims(records)?;
    passport.read_payments(records)?;
    passport.check_sum()?;
    Ok(passport)
}

impl Passport {
    /// Numbers of live claims that are not disclosed, ascending.
    pub fn withheld(&self) -> Vec<u32> {
        let shown = |number: &u32| self.claims.iter().any(|claim| claim.number == *number);
        let live = self.receivable.live_claims.iter().copied();
        live.filter(|number| !shown(number)).collect()
    }

    /// The way of a claim from the seller, first endorsement first.
    pub fn way(&self, claim: &Claim) -> Vec<&Endorsement> {
        let mut way = Vec::new();
        let mut id = &claim.endorsement;
        while let Some(endorsement) = self.endorsements.get(id) {
            way.push(endorsement);
            id = &endorsement.previous;
        }
        way.reverse();
        way
    }

    fn read_claims(&mut self, records: &mut Records<'_>) -> Result<(), ProofError> {
        let id = self.receivable.id.clone();
        // A number follows, of four bytes.
        let first = keys::claim(&id, 0);
        let prefix = &first[..first.len() - 4];
        for shown in records.beginning(prefix) {
            let key = shown.key.as_slice();
            let claim: Claim = records.must(key, "claim")?;
            let number = claim.number;
            let is_live = self.receivable.live_claims.binary_search(&number).is_ok();
            let same = claim.receivable == id
                && keys::claim(&id, number) == key
                && number < self.receivable.claim_count
                && is_live == (claim.state() == ClaimState::Live);
            if !same {
                return Err(PassportError::OtherClaim(number).into());
            }
            self.read_way(&claim, records)?;
            self.read_undertakings(&claim, records)?;
            self.read_burden(&claim, records)?;
            self.claims.push(claim);
        }
        Ok(())
    }

    /// The endorsements of a claim, back to the seller.
    fn read_way(&mut self, claim: &Claim, records: &mut Records<'_>) -> Result<(), ProofError> {
        let mut id = claim.endorsement.clone();
        let mut holder = claim.controller.clone();
        let mut on_this_way = BTreeSet::new();
        while !id.is_empty() {
            let known = self.endorsements.get(&id).cloned();
            let is_known = known.is_some();
            let endorsement: Endorsement = match known {
                Some(known) => known,
                None => records.must(&keys::endorsement(&claim.receivable, &id), "endorsement")?,
            };
            if endorsement.id != id || endorsement.receivable != claim.receivable {
                return Err(PassportError::Other("endorsement").into());
            }
            if endorsement.to != holder {
                return Err(PassportError::OtherHolder(claim.number).into());
            }
            // No ledger endorses in a circle, but whoever has its keys could sign one.
            if !on_this_way.insert(id.clone()) {
                return Err(PassportError::Circle(claim.number).into());
            }
            // What is behind one that is known was read with it.
            if is_known {
                return Ok(());
            }
            self.read_quote(&endorsement.request, &endorsement.to, records)?;
            holder = endorsement.from.clone();
            let previous = endorsement.previous.clone();
            self.endorsements.insert(id, endorsement);
            id = previous;
        }
        match &self.invoice {
            Some(invoice) if holder != invoice.seller => {
                Err(PassportError::OtherHolder(claim.number).into())
            }
            _ => Ok(()),
        }
    }

    fn read_undertakings(
        &mut self,
        claim: &Claim,
        records: &mut Records<'_>,
    ) -> Result<(), ProofError> {
        for undertaken in &claim.undertakings {
            let id = &undertaken.undertaking;
            if self.undertakings.contains_key(id) {
                continue;
            }
            let key = keys::undertaking(&claim.receivable, id);
            let undertaking: Undertaking = records.must(&key, "undertaking")?;
            if undertaking.id != *id || undertaking.receivable != claim.receivable {
                return Err(PassportError::Other("undertaking").into());
            }
            self.undertakings.insert(id.clone(), undertaking);
        }
        Ok(())
    }

    fn read_burden(&mut self, claim: &Claim, records: &mut Records<'_>) -> Result<(), ProofError> {
        match burden(claim) {
            Some(Burden::Pledged(pledge)) if !self.loans.contains_key(&pledge.loan) => {
                let key = keys::loan(&pledge.loan);
                let Some(loan) = records.may::<Loan>(&key, "loan")? else {
                    return Ok(());
                };
                if loan.id != pledge.loan || loan.lender != pledge.pledgee {
                    return Err(PassportError::Other("loan").into());
                }
                self.read_quote(&loan.request, &loan.lender, records)?;
                self.loans.insert(pledge.loan.clone(), loan);
                Ok(())
            }
            Some(Burden::Pledged(_) | Burden::Locked(_) | Burden::Offered(_)) | None => Ok(()),
        }
    }

    /// What a bank quoted for a request, where there was one and it is disclosed.
    fn read_quote(
        &mut self,
        request: &[u8],
        bank: &str,
        records: &mut Records<'_>,
    ) -> Result<(), ProofError> {
        let of = (request.to_vec(), bank.to_owned());
        if request.is_empty() || self.quotes.contains_key(&of) {
            return Ok(());
        }
        if let Some(quote) = records.may::<Quote>(&keys::quote(request, bank), "quote")? {
            if quote.request != request || quote.bank != bank {
                return Err(PassportError::Other("quote").into());
            }
            self.quotes.insert(of, quote);
        }
        Ok(())
    }

    fn read_payments(&mut self, records: &mut Records<'_>) -> Result<(), ProofError> {
        let (mut principal, mut penalty) = (0_u128, 0_u64);
        for number in 0..self.receivable.debt_payments {
            let key = keys::debt_payment(&self.receivable.id, number);
            let payment: DebtPayment = records.must(&key, "payment of the receivable")?;
            if payment.receivable != self.receivable.id || payment.number != number {
                return Err(PassportError::Other("payment of the receivable").into());
            }
            principal += u128::from(payment.principal_minor);
            penalty = penalty.saturating_add(payment.penalty_minor);
            self.debt_payments.push(payment);
        }
        // What was paid before version 9 is in the sums alone.
        let receivable = &self.receivable;
        if principal > receivable.redeemed_minor.into() || penalty > receivable.penalty_paid_minor {
            return Err(PassportError::Paid.into());
        }
        for id in self.receivable.payments.clone() {
            if let Some(payment) = records.may::<Payment>(&keys::payment(&id), "payment")? {
                if payment.id != id {
                    return Err(PassportError::Other("payment").into());
                }
                self.payments.insert(id, payment);
            }
        }
        Ok(())
    }

    /// Face is what was paid and credited, and what is outstanding of the live claims; where all of these are disclosed.
    fn check_sum(&self) -> Result<(), PassportError> {
        if !self.withheld().is_empty() {
            return Ok(());
        }
        let live = self
            .claims
            .iter()
            .filter(|claim| claim.state() == ClaimState::Live);
        let outstanding: u128 = live.map(|claim| u128::from(claim.outstanding_minor)).sum();
        let receivable = &self.receivable;
        let done = u128::from(receivable.redeemed_minor) + u128::from(receivable.credited_minor);
        let face = receivable
            .face
            .as_ref()
            .map_or(0, |face| u128::from(face.minor));
        match outstanding + done == face {
            true => Ok(()),
            false => Err(PassportError::Sum),
        }
    }
}

/// The confirmation that a receivable names.
fn confirmation(
    receivable: &Receivable,
    debtor: &Organization,
    records: &mut Records<'_>,
) -> Result<Confirmation, ProofError> {
    if receivable.confirmation.is_empty() {
        return Ok(Confirmation::NotNamed);
    }
    let Signed { id, transaction } = records.signed(&receivable.confirmation)?;
    let action = membership_action(transaction.contract, &transaction.action);
    let whole = match &action {
        None => Some((transaction.contract, &transaction.action)),
        // A proposal that had all the signatures it needs was carried out at once.
        Some(Membership::Propose(proposed)) if proposed.contract != contract::MEMBERSHIP => {
            Some((proposed.contract, &proposed.action))
        }
        Some(_) => None,
    };
    if let Some((of, signed)) = whole {
        if transaction.organization != debtor.id || of != contract::INVOICE {
            return Err(PassportError::NotAConfirmation.into());
        }
        check_confirms(receivable, signed)?;
        check_accounts(debtor, &transaction.signers)?;
        return Ok(Confirmation::Signed {
            transaction: id,
            by: transaction.signers,
        });
    }
    let (proposal, looked_at) = carried_out(debtor, &transaction, action, records)?;
    let record = proposed(&proposal, &looked_at, &debtor.id, records)?;
    if record.contract != contract::INVOICE {
        return Err(PassportError::NotAConfirmation.into());
    }
    check_confirms(receivable, &record.action)?;
    check_accounts(debtor, &record.signers)?;
    Ok(Confirmation::Approved {
        proposal,
        by: record.signers,
        transaction: id,
    })
}

/// The proposal that a transaction carries out, and the hash of its action that was signed: an approval by the debtor's accounts, or
/// another organization's consent, which may itself be a proposal of its own.
fn carried_out(
    debtor: &Organization,
    transaction: &wire::Transaction,
    action: Option<Membership>,
    records: &mut Records<'_>,
) -> Result<(Vec<u8>, Vec<u8>), ProofError> {
    let consent = match action {
        Some(Membership::Approve(approve)) if transaction.organization == debtor.id => {
            check_accounts(debtor, &transaction.signers)?;
            return Ok((approve.proposal, approve.action_hash));
        }
        Some(Membership::Approve(Approve {
            proposal,
            action_hash,
        })) => {
            let by = &transaction.organization;
            let record = proposed(&proposal, &action_hash, by, records)?;
            consent_in(record.contract, &record.action)
        }
        Some(Membership::Propose(propose)) => consent_in(propose.contract, &propose.action),
        Some(Membership::Consent(consent)) => Some(consent),
        _ => None,
    };
    let consent = consent.ok_or(PassportError::NotAConfirmation)?;
    Ok((consent.proposal, consent.action_hash))
}

/// An organization's proposal, over whose action a hash was signed: without this, what it is would be the ledger's word.
fn proposed(
    id: &[u8],
    looked_at: &[u8],
    organization: &str,
    records: &mut Records<'_>,
) -> Result<Proposal, ProofError> {
    let record: Proposal = records.must(&keys::proposal(id), "proposal")?;
    let hash = ProposalId::try_from(id).map(|id| id.action_hash(record.contract, &record.action));
    let same = record.id == id
        && record.organization == organization
        && hash.is_ok_and(|hash| hash.as_bytes() == looked_at);
    match same {
        true => Ok(record),
        false => Err(PassportError::NotAConfirmation.into()),
    }
}

/// The consent that an action is, if it is one.
fn consent_in(of: u32, action: &[u8]) -> Option<Consent> {
    let action = membership_action(of, action)?;
    match action {
        Membership::Consent(consent) => Some(consent),
        _ => None,
    }
}

fn membership_action(of: u32, action: &[u8]) -> Option<Membership> {
    let action: Option<membership::Action> = strict::decode(action).ok();
    action
        .filter(|_| of == contract::MEMBERSHIP)
        .and_then(|action| action.action)
}

/// Whether an action of the invoice contract undertakes to pay the receivable as it stands.
fn check_confirms(receivable: &Receivable, action: &[u8]) -> Result<(), PassportError> {
    let terms = terms_hash(&receivable.terms.clone().unwrap_or_default());
    let same_terms = |given: &Option<Terms>| given.as_ref().is_some_and(|t| terms_hash(t) == terms);
    let action: Option<invoices::Action> = strict::decode(action).ok();
    let confirms = match action.and_then(|action| action.action) {
        Some(Invoices::Confirm(confirm)) => {
            confirm.invoice == receivable.invoice
                && confirm.amount == receivable.face
                && confirm.terms_hash == terms.as_bytes()
        }
        Some(Invoices::ConfirmConditionally(confirm)) => {
            confirm.invoice == receivable.invoice
                && confirm.amount == receivable.face
                && same_terms(&confirm.terms)
        }
        _ => false,
    };
    match confirms {
        true => Ok(()),
        false => Err(PassportError::NotAConfirmation),
    }
}

fn check_accounts(debtor: &Organization, signers: &[Vec<u8>]) -> Result<(), PassportError> {
    let is_one = |signer: &Vec<u8>| debtor.accounts.iter().any(|a| a.public_key == *signer);
    match !signers.is_empty() && signers.iter().all(is_one) {
        true => Ok(()),
        false => Err(PassportError::OtherAccount),
    }
}

/// Checks opened fields against the invoice, and gives their names and values.
fn fields(
    invoice: Option<&Invoice>,
    opened: &[wire::OpenedField],
) -> Result<Vec<(String, String)>, PassportError> {
    if opened.is_empty() {
        return Ok(Vec::new());
    }
    let invoice = invoice.ok_or(PassportError::NoInvoice)?;
    let in_order = |two: &[wire::OpenedField]| {
        two[0].position < two[1].position && two[0].count == two[1].count
    };
    if !opened.windows(2).all(in_order) {
        return Err(PassportError::FieldOrder);
    }
    let check = |field: &wire::OpenedField| {
        let other = || PassportError::OtherField(field.name.clone());
        let opened = PrivateField {
            name: field.name.clone(),
            value: field.value.clone(),
            salt: Hash::try_from(field.salt.as_slice()).map_err(|_| other())?,
        };
        let siblings = field.siblings.iter().map(|s| Hash::try_from(s.as_slice()));
        let siblings: Vec<Hash> = siblings.collect::<Result<_, _>>().map_err(|_| other())?;
        let (position, count) = (field.position as usize, field.count as usize);
        let root = (count <= MAX_PRIVATE_FIELDS)
            .then(|| opened.root_at(position, count, &siblings))
            .flatten();
        match root.is_some_and(|root| invoice.payload_root == root.as_bytes()) {
            true => Ok((opened.name, opened.value)),
            false => Err(other()),
        }
    };
    opened.iter().map(check).collect()
}
