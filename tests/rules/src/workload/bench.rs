//! A ledger for tests that write their own story.

use counterfoil_proto::cash::v1::{Balance, Payment};
use counterfoil_proto::financing::v1::{Limit, Loan, Quote, Request};
use counterfoil_proto::invoice::v1::action::Action as Invoicing;
use counterfoil_proto::invoice::v1::{Invoice, RegisterInvoice};
use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_proto::membership::v1::{
    ConsensusSettings, DecisionState, Organization, Proposal, ProposedDecision,
};
use counterfoil_proto::receivable::v1::{Claim, Receivable, Undertaking};
use counterfoil_proto::v1::Receipt;
use counterfoil_types::keys::SigningKey;
use prost::Message;

use super::acts::{
    BUYER, Finance, SELLER, TODAY, award, commit, confirm, consent, decide, open, propose, quote,
    register, registration, reveal, roll, salt, usd, vote,
};
use super::audit::table;
use super::rules::{Records, Rules};
use super::world::World;
use super::{Planned, Signer};
use crate::model::{Act, contract, tagged_hash};

/// One ledger, in which every transaction has a block of its own.
pub struct Bench {
    pub rules: Rules,
}

impl Bench {
    /// With a simulated clock from [`TODAY`] on.
    #[allow(
        clippy::new_without_default,
        reason = "a ledger is not a default of anything"
    )]
    pub fn new() -> Bench {
        Bench::with_banks(0)
    }

    /// The same with so many banks more, called bank-100 and so on.
    pub fn with_banks(more: u16) -> Bench {
        Bench {
            rules: Rules::new(&World::new(Some(TODAY), 0, more)),
        }
    }

    /// On a network that begins under an earlier version of the rules.
    pub fn of_version(version: u32) -> Bench {
        Bench {
            rules: Rules::new(&World::of_version(Some(TODAY), version)),
        }
    }

    /// Sends in the next block, a second later.
    pub fn send(&mut self, caller: &str, act: Act) -> Receipt {
        self.send_later(1_000, caller, act)
    }

    /// Sends in a block of so much later than the last.
    pub fn send_later(&mut self, after_ms: u64, caller: &str, act: Act) -> Receipt {
        self.send_planned(after_ms, &Planned::new(caller, number_of(&act), act))
    }

    fn send_planned(&mut self, after_ms: u64, planned: &Planned) -> Receipt {
        let time_ms = self.rules.time_ms() + after_ms;
        let signed = self.rules.sign(planned, time_ms);
        self.rules.execute(time_ms, &[signed]).remove(0)
    }

    /// Has the caller propose what needs others' signatures, and each of them consent; the last
    /// of them must end in this code. Its receipt, in which the action was carried out.
    pub fn signed_by(&mut self, caller: &str, act: Act, consents: &[&str], code: u32) -> Receipt {
        let proposal = self.propose(caller, act, consents);
        let (last, before) = consents.split_last().expect("somebody consents");
        for consenting in before {
            self.succeed(consenting, consent(&proposal));
        }
        let what = format!("the consent of {last} to what {caller} proposes");
        self.expect(last, consent(&proposal), code, &what)
    }

    /// Proposes, and asks for consents. The proposal as it then stands.
    pub fn propose(&mut self, caller: &str, act: Act, consents: &[&str]) -> Proposal {
        let receipt = self.succeed(caller, propose(&act, consents));
        self.proposal(&proposal_id(&receipt))
    }

    /// Has the two operators of the roster decide this.
    pub fn decide(&mut self, kind: Decision) {
        let decision = self.put_to_the_vote("operator", kind);
        self.succeed("operator-2", vote(&decision));
        let after = self.decision(&decision.id);
        assert_eq!(after.state(), DecisionState::CarriedOut, "{after:?}");
    }

    /// Has an operator propose a decision. As it then stands.
    pub fn put_to_the_vote(&mut self, operator: &str, kind: Decision) -> ProposedDecision {
        let receipt = self.succeed(operator, decide(kind));
        let id = tagged_hash("counterfoil/decision-id/v1", &[&receipt.tx_id]);
        self.decision(&id)
    }

    pub fn decision(&self, id: &[u8]) -> ProposedDecision {
        self.find("membership/decision/", |d: &ProposedDecision| d.id == id)
    }

    pub fn proposal(&self, id: &[u8]) -> Proposal {
        self.find("membership/proposal/", |p: &Proposal| p.id == id)
    }

    /// Who decides blocks, and under which parameters and rules.
    pub fn settings(&self) -> ConsensusSettings {
        self.find("membership/consensus", |_| true)
    }

    pub fn organization(&self, id: &str) -> Organization {
        self.find("membership/organization/", |o: &Organization| o.id == id)
    }

    /// Sends what must end in this code; a rejection must leave every record as it was.
    pub fn expect(&mut self, caller: &str, act: Act, code: u32, what: &str) -> Receipt {
        self.expect_planned(&Planned::new(caller, number_of(&act), act), code, what)
    }

    /// The same, signed by these accounts of the caller.
    pub fn expect_signed(
        &mut self,
        (caller, keys): (&str, &[&SigningKey]),
        act: Act,
        code: u32,
        what: &str,
    ) -> Receipt {
        let mut signers: Vec<Vec<u8>> = keys.iter().map(|k| k.public_key().to_vec()).collect();
        signers.sort();
        let planned = Planned {
            signer: Signer::Accounts(signers),
            ..Planned::new(caller, number_of(&act), act)
        };
        self.expect_planned(&planned, code, what)
    }

    fn expect_planned(&mut self, planned: &Planned, code: u32, what: &str) -> Receipt {
        let before = self.rules.records().clone();
        let receipt = self.send_planned(1_000, planned);
        assert_eq!(receipt.code, code, "{what}: {receipt:?}");
        if code != 0 {
            let mut after = self.rules.records().clone();
            after.retain(|key, _| before.contains_key(key) || !key.starts_with(b"block/"));
            assert!(after == before, "{what} changed a record");
        }
        receipt
    }

    /// Sends what must succeed.
    pub fn succeed(&mut self, caller: &str, act: Act) -> Receipt {
        self.expect(caller, act, 0, "preparation")
    }

    /// Moves the ledger date, unless it is that day already.
    pub fn roll_to(&mut self, day: i64) {
        let receipt = self.send("operator", roll(day));
        assert!([0, 9004].contains(&receipt.code), "{receipt:?}");
    }

    /// A receivable of so much that the buyer owes the seller.
    pub fn owed(&mut self, number: &str, gross: u64) -> Vec<u8> {
        let mut invoice = registration(number);
        invoice.gross = usd(gross);
        let id = invoice_id(&self.succeed(SELLER, register(invoice.clone())));
        self.confirm(&id, &invoice);
        tagged_hash("counterfoil/receivable-id/v1", &[&id]).to_vec()
    }

    /// The buyer confirms what was registered, and acknowledges what it is like.
    pub fn confirm(&mut self, id: &[u8], registered: &RegisterInvoice) {
        let mut confirmation = confirm(id, registered);
        if let Act::Invoice(action) = &mut confirmation
            && let Some(Invoicing::Confirm(confirm)) = &mut action.action
        {
            confirm.acknowledged = self.invoice(id).warnings;
        }
        self.succeed(BUYER, confirmation);
    }

    /// A request for so much on the claims, still without quotes.
    pub fn request_for(
        &mut self,
        finance: Finance,
        claims: &[(&[u8], u32)],
        minor: u64,
    ) -> Vec<u8> {
        let receipt = self.succeed(SELLER, open(finance, claims, minor));
        tagged_hash("counterfoil/request-id/v1", &[&receipt.tx_id]).to_vec()
    }

    /// Has the bank quote what was asked for and the seller take it, on the day after [`TODAY`].
    /// The id of the loan, where it is one.
    pub fn finance(
        &mut self,
        finance: Finance,
        claims: &[(&[u8], u32)],
        minor: u64,
        bank: &str,
    ) -> Vec<u8> {
        let request = self.request_for(finance, claims, minor);
        let terms = quote(bank, minor);
        self.succeed(bank, commit(&request, bank, &terms));
        self.roll_to(TODAY + 1);
        self.succeed(bank, reveal(&request, &terms, salt()));
        self.succeed(SELLER, award(&request, bank));
        self.request(&request).award.expect("an award").loan
    }

    /// The payments of a receivable over the external rail, in order of their ids.
    pub fn payments(&self, receivable: &[u8]) -> Vec<Payment> {
        let all: Vec<Payment> = table(self.rules.records(), "cash/payment/");
        let of = all.into_iter().filter(|p| p.receivable == receivable);
        of.collect()
    }

    pub fn payment(&self, id: &[u8]) -> Payment {
        self.find("cash/payment/", |payment: &Payment| payment.id == id)
    }

    pub fn invoice(&self, id: &[u8]) -> Invoice {
        self.find("invoice/invoice/", |invoice: &Invoice| invoice.id == id)
    }

    pub fn receivable(&self, id: &[u8]) -> Receivable {
        self.find("receivable/receivable/", |r: &Receivable| r.id == id)
    }

    pub fn claim(&self, receivable: &[u8], number: u32) -> Claim {
        self.find("receivable/claim/", |claim: &Claim| {
            claim.receivable == receivable && claim.number == number
        })
    }

    pub fn undertaking(&self, id: &[u8]) -> Undertaking {
        self.find("receivable/undertaking/", |u: &Undertaking| u.id == id)
    }

    pub fn request(&self, id: &[u8]) -> Request {
        self.find("financing/request/", |request: &Request| request.id == id)
    }

    pub fn quote(&self, request: &[u8], bank: &str) -> Quote {
        self.find("financing/quote/", |quote: &Quote| {
            quote.request == request && quote.bank == bank
        })
    }

    pub fn loan(&self, id: &[u8]) -> Loan {
        self.find("financing/loan/", |loan: &Loan| loan.id == id)
    }

    /// What a bank has outstanding with an organization in USD, without reservations.
    pub fn used(&self, grantor: &str, subject: &str) -> u64 {
        let key = format!("financing/limit/{grantor}/{subject}/USD");
        let record = self.rules.records().get(key.as_bytes());
        record.map_or(0, |record| {
            let limit = Limit::decode(record.as_slice()).expect("a record decodes");
            limit.used_minor
        })
    }

    /// What a holder can spend of a bank's deposits in USD.
    pub fn available(&self, holder: &str, issuer: &str) -> u64 {
        let key = format!("cash/balance/{holder}/{issuer}/USD");
        let record = self.rules.records().get(key.as_bytes());
        record.map_or(0, |record| {
            let balance = Balance::decode(record.as_slice()).expect("a record decodes");
            balance.available_minor
        })
    }

    fn find<M: Message + Default>(&self, prefix: &str, wanted: impl Fn(&M) -> bool) -> M {
        find(self.rules.records(), prefix, wanted)
    }
}

/// The record of a table that is wanted.
pub fn find<M: Message + Default>(
    records: &Records,
    prefix: &str,
    wanted: impl Fn(&M) -> bool,
) -> M {
    let values = records
        .iter()
        .filter(|(key, _)| key.starts_with(prefix.as_bytes()));
    let mut decoded =
        values.map(|(_, value)| M::decode(value.as_slice()).expect("a record decodes"));
    decoded.find(wanted).expect("the record exists")
}

/// The contract that an action is of.
pub fn number_of(act: &Act) -> u32 {
    match act {
        Act::Calendar(_) => contract::CALENDAR,
        Act::Cash(_) => contract::CASH,
        Act::Credit(_) => contract::CREDIT,
        Act::Financing(_) => contract::FINANCING,
        Act::Invoice(_) => contract::INVOICE,
        Act::Membership(_) => contract::MEMBERSHIP,
        Act::Receivable(_) => contract::RECEIVABLE,
        Act::Settlement(_) => contract::SETTLEMENT,
        Act::Supervision(_) => contract::SUPERVISION,
        Act::Garbage(_) => panic!("a story is told in actions"),
    }
}

/// The id of the proposal that this receipt is of.
pub fn proposal_id(proposed: &Receipt) -> Vec<u8> {
    tagged_hash("counterfoil/proposal-id/v1", &[&proposed.tx_id]).to_vec()
}

/// The id of the invoice that this receipt is of.
pub fn invoice_id(registration: &Receipt) -> Vec<u8> {
    tagged_hash("counterfoil/invoice-id/v1", &[&registration.tx_id]).to_vec()
}
