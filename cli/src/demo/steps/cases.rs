//! What is done in the scripted cases alone.

use counterfoil_proto::financing::v1::{
    self as financing, MakeStandingQuote, OpenProgramme, PurchaseUnderProgramme, StandingTerms,
};
use counterfoil_proto::receivable::v1::{
    self as receivable, DayCount, GiveGuarantee, GiveNotice, Purpose, Recourse,
};
use counterfoil_proto::{cash, invoice, membership, settlement, supervision};
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{EndorsementId, GuaranteeId, PaymentId, ProgrammeId, ProposalId};

use super::{OFFER_DAYS, Registered, Step, Steps, in_words};
use crate::demo::data::{BANKS, REGULATOR};
use crate::demo::scripted::{BANK, BUYING_BANK, DISCOUNT_RATE_PPM, GUARANTOR};
use crate::failure::Failure;
use crate::frozen::Record;
use crate::signer::Action;

/// For how long a proposal waits. It is signed on the next day.
const PROPOSAL_DAYS: i64 = 10;
/// The one claim to a case's receivable, until somebody pays a part of it in the debtor's place.
const CLAIM: u32 = 0;

/// What waits for another organization's signature.
pub struct Proposed {
    id: ProposalId,
    action_hash: Hash,
}

impl Proposed {
    fn consent(&self) -> Action {
        let consent = membership::v1::Consent {
            proposal: self.id.to_vec(),
            action_hash: self.action_hash.to_vec(),
        };
        membership::v1::action::Action::Consent(consent).into()
    }
}

impl Steps<'_> {
    pub fn report_overdue(&self, registered: Registered) -> Result<Step, Failure> {
        let report = settlement::v1::ReportOverdue {
            receivable: registered.receivable(),
        };
        let action = settlement::v1::action::Action::ReportOverdue(report);
        self.by_seller("report overdue", registered, action)
    }

    pub fn report_default(&self, registered: Registered) -> Result<Step, Failure> {
        let report = settlement::v1::ReportDefault {
            receivable: registered.receivable(),
        };
        let action = settlement::v1::action::Action::ReportDefault(report);
        self.by_seller("report the default of", registered, action)
    }

    /// The buyer disputes what it confirmed.
    pub fn dispute(&self, registered: Registered) -> Result<Step, Failure> {
        let open = invoice::v1::OpenDispute {
            invoice: registered.invoice.to_vec(),
            reason: "a pallet was damaged".into(),
        };
        let action = invoice::v1::action::Action::OpenDispute(open);
        self.by_buyer("dispute", registered, action)
    }

    /// An arbiter finds that the seller owes so much.
    pub fn rule(&self, registered: Registered, arbiter: &str, minor: u64) -> Result<Step, Failure> {
        let row = self.row(registered);
        let ruling = invoice::v1::Ruling {
            verdict: invoice::v1::Verdict::Upheld.into(),
            amount: Some(row.money(minor)),
            reason_hash: Hash::of_document(b"a pallet was damaged").to_vec(),
        };
        let rule = invoice::v1::RuleOnDispute {
            invoice: registered.invoice.to_vec(),
            ruling: Some(ruling),
        };
        let action = invoice::v1::action::Action::RuleOnDispute(rule);
        self.sign(arbiter, in_words("rule on", row), action)
    }

    /// The seller proposes a credit note on its whole claim, for the buyer to sign.
    pub fn credit(
        &self,
        registered: Registered,
        date: Date,
        minor: u64,
    ) -> Result<(Step, Proposed), Failure> {
        let row = self.row(registered);
        let number = format!("CREDIT-{}", row.number);
        let credit = invoice::v1::CreditInvoice {
            invoice: registered.invoice.to_vec(),
            issue_date: Some(date.to_proto()),
            document_hash: Hash::of_document(number.as_bytes()).to_vec(),
            number,
            amount: Some(row.money(minor)),
            reason: "a pallet was damaged".into(),
            claims: vec![invoice::v1::ClaimCredit {
                number: 0,
                controller: row.seller.to_string(),
                pledgee: String::new(),
                minor,
            }],
        };
        let action = invoice::v1::action::Action::Credit(credit);
        let what = in_words("propose a credit note on", row);
        self.propose(row.seller.as_str(), what, action, row.buyer.as_str(), date)
    }

    /// The buyer signs what the seller proposed.
    pub fn consent_to_credit(
        &self,
        registered: Registered,
        proposed: &Proposed,
    ) -> Result<Step, Failure> {
        let verb = "consent to the credit note on";
        self.by_buyer(verb, registered, proposed.consent())
    }

    fn propose(
        &self,
        by: &str,
        what: String,
        action: impl Into<Action>,
        consent_of: &str,
        date: Date,
    ) -> Result<(Step, Proposed), Failure> {
        let action = action.into();
        let until = date.add_days(PROPOSAL_DAYS).unwrap_or(Date::MAX);
        let proposal = action.clone().proposed(vec![consent_of.to_owned()], until);
        let step = self.sign(by, what, proposal)?;
        let id = ProposalId::of(step.tx_id);
        let action_hash = action.hash(id);
        Ok((step, Proposed { id, action_hash }))
    }

    /// The seller offers its claim to a bank for a price.
    pub fn offer_for(
        &self,
        registered: Registered,
        date: Date,
        price_minor: u64,
        recourse: Recourse,
    ) -> Result<Step, Failure> {
        let expires_on = date.add_days(OFFER_DAYS).unwrap_or(Date::MAX);
        let offer = receivable::OfferClaim {
            receivable: registered.receivable(),
            number: CLAIM,
            to: BANKS[BUYING_BANK].to_owned(),
            purpose: Purpose::Sale.into(),
            price: Some(self.row(registered).money(price_minor)),
            expires_on: Some(expires_on.to_proto()),
            issuer: BANKS[BUYING_BANK].to_owned(),
            recourse: recourse.into(),
            recourse_limit: None,
        };
        let action = receivable::action::Action::Offer(offer);
        self.by_seller("offer to sell", registered, action)
    }

    /// The bank has the claim, and pays in the same transaction. With the id of the seller's recourse, if it offered any.
    pub fn buy(&self, registered: Registered, id: String) -> Result<(Step, Vec<u8>), Failure> {
        let accept = receivable::AcceptOffer {
            receivable: registered.receivable(),
            number: CLAIM,
            end_to_end_id: id,
        };
        let action = receivable::action::Action::Accept(accept);
        let what = in_words("buy", self.row(registered));
        let step = self.sign(BANKS[BUYING_BANK], what, action)?;
        let recourse = EndorsementId::of(step.tx_id, &registered.receivable(), CLAIM);
        Ok((step, recourse.to_vec()))
    }

    /// The guarantor proposes its guarantee, for the seller to sign.
    pub fn guarantee(
        &self,
        registered: Registered,
        date: Date,
        cap_minor: u64,
    ) -> Result<(Step, Proposed), Failure> {
        let row = self.row(registered);
        let give = GiveGuarantee {
            receivable: registered.receivable(),
            number: CLAIM,
            controller: row.seller.to_string(),
            cap: Some(row.money(cap_minor)),
            expires_on: None,
        };
        let action = receivable::action::Action::GiveGuarantee(give);
        let what = in_words("guarantee", row);
        self.propose(GUARANTOR, what, action, row.seller.as_str(), date)
    }

    /// With the guarantee's id.
    pub fn consent_to_guarantee(
        &self,
        registered: Registered,
        proposed: &Proposed,
    ) -> Result<(Step, Vec<u8>), Failure> {
        let verb = "consent to the guarantee of";
        let step = self.by_seller(verb, registered, proposed.consent())?;
        let guarantee = GuaranteeId::of(step.tx_id);
        Ok((step, guarantee.to_vec()))
    }

    pub fn notice(
        &self,
        registered: Registered,
        holder: &str,
        undertaking: &[u8],
    ) -> Result<Step, Failure> {
        let notice = GiveNotice {
            receivable: registered.receivable(),
            number: CLAIM,
            undertaking: undertaking.to_vec(),
        };
        let action = receivable::action::Action::GiveNotice(notice);
        let what = in_words("give notice of the default of", self.row(registered));
        self.sign(holder, what, action)
    }

    /// Who undertook it pays in the debtor's place.
    pub fn honour(
        &self,
        registered: Registered,
        payer: &str,
        undertaking: &[u8],
        minor: u64,
        id: String,
    ) -> Result<Step, Failure> {
        let row = self.row(registered);
        let honour = settlement::v1::HonourUndertaking {
            receivable: registered.receivable(),
            number: CLAIM,
            undertaking: undertaking.to_vec(),
            issuer: BANKS[BANK].to_owned(),
            amount: Some(row.money(minor)),
            end_to_end_id: id,
        };
        let action = settlement::v1::action::Action::Honour(honour);
        let what = in_words("pay in the debtor's place on", row);
        self.sign(payer, what, action)
    }

    /// The regulator freezes the receivable, and tells both sides.
    pub fn freeze(&self, registered: Registered) -> Result<Step, Failure> {
        let row = self.row(registered);
        let freeze = supervision::v1::FreezeRecord {
            record: Record::receivable(&registered.receivable()).key(),
            reason_hash: Hash::of_document(b"a search is under way").to_vec(),
            last_day: None,
            organizations: vec![row.buyer.to_string(), row.seller.to_string()],
        };
        let action = supervision::v1::action::Action::Freeze(freeze);
        self.sign(REGULATOR, in_words("freeze", row), action)
    }

    pub fn release(&self, registered: Registered) -> Result<Step, Failure> {
        let release = supervision::v1::ReleaseRecord {
            record: Record::receivable(&registered.receivable()).key(),
        };
        let action = supervision::v1::action::Action::Release(release);
        self.sign(REGULATOR, in_words("release", self.row(registered)), action)
    }

    /// The seller takes what was paid while it was frozen.
    pub fn collect(&self, registered: Registered, suspense: &[u8]) -> Result<Step, Failure> {
        let collect = cash::v1::CollectSuspense {
            suspense: suspense.to_vec(),
        };
        let action = cash::v1::action::Action::CollectSuspense(collect);
        self.by_seller("collect what waited of", registered, action)
    }

    /// The buyer has its bank pay on the same day, outside the ledger. With the payment's id.
    pub fn instruct(
        &self,
        registered: Registered,
        date: Date,
        minor: u64,
        id: String,
    ) -> Result<(Step, Vec<u8>), Failure> {
        let row = self.row(registered);
        let instruct = settlement::v1::InstructPayment {
            receivable: registered.receivable(),
            amount: Some(row.money(minor)),
            end_to_end_id: id,
            asserter: BANKS[BANK].to_owned(),
            pay_on: Some(date.to_proto()),
        };
        let action = settlement::v1::action::Action::InstructPayment(instruct);
        let step = self.by_buyer("have a bank pay", registered, action)?;
        let payment = PaymentId::of(step.tx_id, row.buyer.as_str(), row.seller.as_str());
        Ok((step, payment.to_vec()))
    }

    /// The bank asserts that it has paid today.
    pub fn assert(
        &self,
        registered: Registered,
        date: Date,
        payment: &[u8],
        entry_reference: String,
    ) -> Result<Step, Failure> {
        let assert = cash::v1::AssertPayment {
            payment: payment.to_vec(),
            message_hash: Hash::of_document(entry_reference.as_bytes()).to_vec(),
            entry_reference,
            value_date: Some(date.to_proto()),
        };
        let action = cash::v1::action::Action::AssertPayment(assert);
        let what = in_words("assert the payment of", self.row(registered));
        self.sign(BANKS[BANK], what, action)
    }

    /// The seller, which named no bank for this, has been paid.
    pub fn confirm_payment(&self, registered: Registered, payment: &[u8]) -> Result<Step, Failure> {
        let confirm = settlement::v1::ConfirmPayment {
            payment: payment.to_vec(),
        };
        let action = settlement::v1::action::Action::ConfirmPayment(confirm);
        self.by_seller("confirm the payment of", registered, action)
    }

    /// The buyer opens a programme to all banks. With the programme's id.
    pub fn open_programme(&self, registered: Registered) -> Result<(Step, Vec<u8>), Failure> {
        let open = OpenProgramme { banks: Vec::new() };
        let action = financing::action::Action::OpenProgramme(open);
        let step = self.by_buyer("open a programme for", registered, action)?;
        let programme = ProgrammeId::of(step.tx_id);
        Ok((step, programme.to_vec()))
    }

    /// A bank offers to buy until the due date what the invoice is over.
    pub fn make_standing_quote(
        &self,
        registered: Registered,
        programme: &[u8],
    ) -> Result<Step, Failure> {
        let row = self.row(registered);
        let terms = StandingTerms {
            rate_ppm: DISCOUNT_RATE_PPM,
            day_count: DayCount::A004.into(),
            cap: Some(row.money(row.amount_minor)),
            expires_on: Some(row.due.to_proto()),
            minimum_days: 1,
            extension_rate_ppm: 0,
            extension_days: 0,
        };
        let make = MakeStandingQuote {
            programme: programme.to_vec(),
            terms: Some(terms),
        };
        let action = financing::action::Action::MakeStandingQuote(make);
        self.sign(
            BANKS[BUYING_BANK],
            in_words("make a standing quote for", row),
            action,
        )
    }

    pub fn purchase(&self, registered: Registered, programme: &[u8]) -> Result<Step, Failure> {
        let purchase = PurchaseUnderProgramme {
            programme: programme.to_vec(),
            bank: BANKS[BUYING_BANK].to_owned(),
            receivable: registered.receivable(),
            number: CLAIM,
            rate_ppm: DISCOUNT_RATE_PPM,
        };
        let action = financing::action::Action::Purchase(purchase);
        self.by_seller("sell under the programme", registered, action)
    }
}
