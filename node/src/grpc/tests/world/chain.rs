//! How the world comes about: what everybody does, one block after the other.

use counterfoil_proto::v1 as wire;
use counterfoil_proto::{
    calendar::v1 as calendar, cash::v1 as cash, credit::v1 as credit, financing::v1 as financing,
    invoice::v1 as invoice, membership::v1 as membership, receivable::v1 as receivable,
    settlement::v1 as settlement, supervision::v1 as supervision,
};
use counterfoil_types::ids::{InvoiceId, LoanId, ProgrammeId, ReceivableId, RequestId, TxId};
use counterfoil_types::payload;
use counterfoil_types::quote::commitment;
use counterfoil_types::terms::terms_hash;
use counterfoil_types::transaction::contract;
use prost::Message;

use super::{
    END_TO_END_ID, SPLIT, date, genesis, private_fields, quote_terms, registration, sign, terms,
    usd,
};
use crate::fixture::{self, CHAIN};
use crate::grpc::tests::node::Node;

/// A block for each transaction. All of them are carried out, but for registrations that are meant not to be.
pub struct Chain {
    pub node: Node,
    pub nonce: u64,
}

impl Chain {
    pub fn post(
        &mut self,
        organization: &str,
        contract: u32,
        action: &impl Message,
    ) -> (TxId, wire::SignedTransaction, wire::Receipt) {
        self.nonce += 1;
        let (id, signed) = sign(organization, self.nonce, contract, action);
        let candidate = fixture::commit(&self.node.ledger, &[&signed]);
        (id, signed, candidate.receipts()[0].clone())
    }

    pub fn carry_out(&mut self, organization: &str, contract: u32, action: &impl Message) -> TxId {
        let (id, _, receipt) = self.post(organization, contract, action);
        assert_eq!(receipt.code, 0, "{:?}", receipt.rejection);
        id
    }

    pub fn invoice(
        &mut self,
        seller: &str,
        action: invoice::action::Action,
    ) -> (TxId, wire::Receipt) {
        let action = invoice::Action {
            action: Some(action),
        };
        let (id, _, receipt) = self.post(seller, contract::INVOICE, &action);
        (id, receipt)
    }

    pub fn confirm(&mut self, buyer: &str, id: InvoiceId) -> (TxId, wire::SignedTransaction) {
        let confirm = invoice::ConfirmInvoice {
            invoice: id.to_vec(),
            amount: usd(100_000),
            terms_hash: terms_hash(&terms()).to_vec(),
            acknowledged: Vec::new(),
        };
        let action = invoice::Action {
            action: Some(invoice::action::Action::Confirm(confirm)),
        };
        let (id, signed, receipt) = self.post(buyer, contract::INVOICE, &action);
        assert_eq!(receipt.code, 0, "{:?}", receipt.rejection);
        (id, signed)
    }

    pub fn claims(&mut self, organization: &str, action: receivable::action::Action) {
        let action = receivable::Action {
            action: Some(action),
        };
        self.carry_out(organization, contract::RECEIVABLE, &action);
    }

    pub fn split(&mut self, id: ReceivableId) {
        let split = receivable::SplitClaim {
            receivable: id.to_vec(),
            number: SPLIT,
            parts_minor: vec![30_000, 25_000, 25_000, 20_000],
        };
        self.claims("supplier-a", receivable::action::Action::Split(split));
    }

    pub fn offer(&mut self, id: ReceivableId, number: u32) {
        let offer = receivable::OfferClaim {
            receivable: id.to_vec(),
            number,
            to: "supplier-b".into(),
            purpose: receivable::Purpose::Payment.into(),
            expires_on: date(2, 1),
            recourse: receivable::Recourse::Full.into(),
            ..Default::default()
        };
        self.claims("supplier-a", receivable::action::Action::Offer(offer));
    }

    pub fn accept(&mut self, id: ReceivableId, number: u32) {
        let accept = receivable::AcceptOffer {
            receivable: id.to_vec(),
            number,
            end_to_end_id: String::new(),
        };
        self.claims("supplier-b", receivable::action::Action::Accept(accept));
    }

    /// A programme of the debtor's with a standing quote, and a limit, of the lender's.
    pub fn programme(&mut self, banks: &[&str]) -> ProgrammeId {
        let open = financing::OpenProgramme {
            banks: banks.iter().map(|bank| (*bank).to_owned()).collect(),
        };
        let opening = self.finance("buyer-a", financing::action::Action::OpenProgramme(open));
        let id = ProgrammeId::of(opening);
        let quote = financing::MakeStandingQuote {
            programme: id.to_vec(),
            terms: Some(financing::StandingTerms {
                rate_ppm: 60_000,
                day_count: receivable::DayCount::A004.into(),
                cap: usd(500_000),
                expires_on: date(6, 1),
                ..Default::default()
            }),
        };
        self.finance(
            "bank-b",
            financing::action::Action::MakeStandingQuote(quote),
        );
        let limit = financing::SetLimit {
            subject: "buyer-a".into(),
            cap: usd(900_000),
        };
        self.finance("bank-b", financing::action::Action::SetLimit(limit));
        id
    }

    /// A policy pack of the regulator's, which forbids nothing that is done here.
    pub fn publish_pack(&mut self) {
        let publish = supervision::PublishPack {
            version: 1,
            effective_from: date(2, 1),
            rules: Some(supervision::Rules {
                longest_tenor_days: 366,
                ..Default::default()
            }),
        };
        self.supervise(supervision::action::Action::PublishPack(publish));
    }

    pub fn freeze(&mut self, record: &[u8], told: &[&str]) {
        let freeze = supervision::FreezeRecord {
            record: record.to_vec(),
            reason_hash: vec![4; 32],
            last_day: None,
            organizations: told.iter().map(|id| (*id).to_owned()).collect(),
        };
        self.supervise(supervision::action::Action::Freeze(freeze));
    }

    pub fn supervise(&mut self, action: supervision::action::Action) {
        let action = supervision::Action {
            action: Some(action),
        };
        self.carry_out("regulator", contract::SUPERVISION, &action);
    }

    /// Lets an organization read up to a day of January, or no more.
    pub fn share(&mut self, organization: &str, reader: &str, day: Option<u32>) {
        let reader = reader.to_owned();
        let until = day.and_then(|day| date(1, day));
        let action = match day {
            Some(_) => credit::action::Action::Share(credit::ShareProfile { reader, until }),
            None => credit::action::Action::Unshare(credit::UnshareProfile { reader }),
        };
        let action = credit::Action {
            action: Some(action),
        };
        self.carry_out(organization, contract::CREDIT, &action);
    }

    pub fn repay(&mut self, borrower: &str, loan: LoanId, issuer: &str) -> TxId {
        let repay = financing::RepayLoan {
            loan: loan.to_vec(),
            issuer: issuer.into(),
            amount: usd(100),
            end_to_end_id: "REPAY-1".into(),
        };
        self.finance(borrower, financing::action::Action::Repay(repay))
    }

    pub fn finance(&mut self, organization: &str, action: financing::action::Action) -> TxId {
        let action = financing::Action {
            action: Some(action),
        };
        self.carry_out(organization, contract::FINANCING, &action)
    }

    pub fn open(
        &mut self,
        seller: &str,
        (id, number): (ReceivableId, u32),
        technique: financing::Technique,
        invited: &[&str],
    ) -> TxId {
        let receivable = id.to_vec();
        let open = financing::OpenRequest {
            claims: vec![financing::ClaimReference { receivable, number }],
            technique: technique.into(),
            amount: usd(20_000),
            recourse: receivable::Recourse::None.into(),
            deadline: date(1, 5),
            expires_on: date(1, 20),
            invited: invited.iter().map(|bank| (*bank).to_owned()).collect(),
            ..Default::default()
        };
        self.finance(seller, financing::action::Action::Open(open))
    }

    pub fn commit(&mut self, bank: &str, request: RequestId, rate_ppm: u32) {
        let terms = quote_terms(bank, rate_ppm);
        let seal = commitment(CHAIN, &request.to_vec(), bank, &[5; 32], &terms);
        let commit = financing::CommitQuote {
            request: request.to_vec(),
            commitment: seal.to_vec(),
        };
        self.finance(bank, financing::action::Action::Commit(commit));
    }

    pub fn reveal(&mut self, bank: &str, request: RequestId, rate_ppm: u32) {
        let reveal = financing::RevealQuote {
            request: request.to_vec(),
            terms: Some(quote_terms(bank, rate_ppm)),
            salt: vec![5; 32],
        };
        self.finance(bank, financing::action::Action::Reveal(reveal));
    }

    pub fn award(&mut self, seller: &str, request: RequestId, bank: &str) -> TxId {
        let award = financing::AwardRequest {
            request: request.to_vec(),
            bank: bank.into(),
            pay_on: None,
        };
        self.finance(seller, financing::action::Action::Award(award))
    }

    pub fn roll(&mut self, day: u32) -> TxId {
        let roll = calendar::RollClock { to: date(1, day) };
        let action = calendar::Action {
            action: Some(calendar::action::Action::Roll(roll)),
        };
        self.carry_out("operator", contract::CALENDAR, &action)
    }

    pub fn publish(&mut self) {
        let calendar = calendar::BusinessCalendar {
            code: "TARGET".into(),
            name: "TARGET, euro".into(),
            weekend: vec![6, 7],
            from: date(1, 1),
            to: date(12, 31),
            holidays: Vec::from_iter(date(5, 1)),
        };
        let publish = calendar::PublishCalendar {
            calendar: Some(calendar),
        };
        let action = calendar::Action {
            action: Some(calendar::action::Action::Publish(publish)),
        };
        self.carry_out("operator", contract::CALENDAR, &action);
    }

    pub fn redeem(&mut self, holder: &str, issuer: &str) {
        let request = cash::RequestRedemption {
            issuer: issuer.into(),
            amount: usd(1_000),
            end_to_end_id: END_TO_END_ID.into(),
        };
        let action = cash::Action {
            action: Some(cash::action::Action::RequestRedemption(request)),
        };
        self.carry_out(holder, contract::CASH, &action);
    }

    /// An invoice of the seller's to another debtor, which pays two parts of it in deposits.
    pub fn partly_paid(&mut self, debtor: &str, issuer: &str) -> ReceivableId {
        let mut form = registration(debtor, "INV-5", 5);
        if let invoice::action::Action::Register(form) = &mut form {
            form.due_date = date(7, 31);
            form.payload_root = payload::root(&private_fields()).unwrap().to_vec();
        }
        let (registering, _) = self.invoice("supplier-a", form);
        let id = InvoiceId::of(registering);
        self.confirm(debtor, id);
        let issue = cash::IssueDeposit {
            holder: debtor.into(),
            amount: usd(50_000),
            end_to_end_id: "FUNDS-1".into(),
        };
        let action = cash::Action {
            action: Some(cash::action::Action::Issue(issue)),
        };
        self.carry_out(issuer, contract::CASH, &action);
        let id = ReceivableId::of(id);
        for minor in [30_000, 12_000] {
            let settle = settlement::SettleReceivable {
                receivable: id.to_vec(),
                issuer: issuer.into(),
                amount: usd(minor),
                end_to_end_id: format!("PART-{minor}"),
                fees: Vec::new(),
            };
            let action = settlement::Action {
                action: Some(settlement::action::Action::Settle(settle)),
            };
            self.carry_out(debtor, contract::SETTLEMENT, &action);
        }
        id
    }

    /// Has a bank pay a receivable outside the ledger.
    pub fn pay(&mut self, debtor: &str, id: ReceivableId, bank: &str) -> TxId {
        let instruct = settlement::InstructPayment {
            receivable: id.to_vec(),
            amount: usd(100_000),
            end_to_end_id: "WIRE-1".into(),
            asserter: bank.into(),
            pay_on: date(1, 6),
        };
        let action = settlement::Action {
            action: Some(settlement::action::Action::InstructPayment(instruct)),
        };
        self.carry_out(debtor, contract::SETTLEMENT, &action)
    }

    /// Proposes to split a pledged claim, with the pledgee's consent.
    pub fn propose_split(
        &mut self,
        controller: &str,
        (id, number): (ReceivableId, u32),
        pledgee: &str,
    ) -> TxId {
        let split = receivable::SplitClaim {
            receivable: id.to_vec(),
            number,
            parts_minor: vec![10_000, 20_000],
        };
        let split = receivable::Action {
            action: Some(receivable::action::Action::Split(split)),
        };
        let propose = membership::Propose {
            contract: contract::RECEIVABLE,
            action: split.encode_to_vec(),
            consents_of: vec![pledgee.into()],
            expires_on: date(2, 1),
        };
        self.administer(controller, membership::action::Action::Propose(propose))
    }

    /// Decides on the parameters that stand: one operator is more than two thirds of one.
    pub fn decide(&mut self) -> TxId {
        let params = genesis().params.to_proto();
        let decision = membership::Decision {
            decision: Some(membership::decision::Decision::Params(params)),
        };
        let propose = membership::ProposeDecision {
            decision: Some(decision),
            expires_on: date(2, 1),
        };
        self.administer(
            "operator",
            membership::action::Action::ProposeDecision(propose),
        )
    }

    pub fn administer(&mut self, organization: &str, action: membership::action::Action) -> TxId {
        let action = membership::Action {
            action: Some(action),
        };
        self.carry_out(organization, contract::MEMBERSHIP, &action)
    }
}
