//! A small ledger with every kind of record, and everybody who stands to them in some way.

use counterfoil_contracts::membership::api as members;
use counterfoil_contracts::receivable::api as receivables;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::{
    calendar::v1 as calendar, cash::v1 as cash, credit::v1 as credit, financing::v1 as financing,
    invoice::v1 as invoice, membership::v1 as membership, receivable::v1 as receivable,
    settlement::v1 as settlement, supervision::v1 as supervision,
};
use counterfoil_types::genesis::{Genesis, GenesisAccount, GenesisOrganization, Role};
use counterfoil_types::ids::{
    DecisionId, InvoiceId, LoanId, PaymentId, ProgrammeId, ProposalId, ReceivableId, RequestId,
    SuspenseId, TxId,
};
use counterfoil_types::keys::SigningKey;
use counterfoil_types::quote::commitment;
use counterfoil_types::terms::terms_hash;
use counterfoil_types::transaction::{Draft, contract};
use prost::Message;

use super::node::{Client, Node, token};
use crate::fixture::{self, CHAIN};

/// Everybody, by what they have to do with the records. The bank that lends has quoted for each request; the one
/// invited was to one of them, and quoted for another in vain.
pub const ROLES: [(&str, &str, Role); 10] = [
    ("seller", "supplier-a", Role::Supplier),
    ("debtor", "buyer-a", Role::CoreEnterprise),
    ("holder", "supplier-b", Role::Supplier),
    ("lender", "bank-b", Role::Bank),
    ("invited bank", "bank-c", Role::Bank),
    ("other bank", "bank-d", Role::Bank),
    ("stranger", "supplier-c", Role::Supplier),
    ("operator", "operator", Role::Operator),
    ("regulator", "regulator", Role::Regulator),
    ("another debtor", "buyer-b", Role::CoreEnterprise),
];

pub struct World {
    pub node: Node,
    nonce: u64,
    /// The invoice, and the receivable it became, that most is about.
    pub invoice: InvoiceId,
    pub receivable: ReceivableId,
    /// To another debtor; its claim is put to all banks.
    pub other_receivable: ReceivableId,
    /// Put to two banks, to all, and awarded.
    pub invited: RequestId,
    pub open: RequestId,
    pub awarded: RequestId,
    pub loan: LoanId,
    /// The debtor's, for the lender and the invited bank; the lender quotes.
    pub programme: ProgrammeId,
    /// The holder's, which asks for its lender's consent.
    pub proposal: ProposalId,
    pub decision: DecisionId,
    /// The debtor's to the seller, over the external rail through the invited bank.
    pub payment: PaymentId,
    /// A claim of the holder's, frozen. It has repaid the lender, which is frozen, too.
    pub frozen: Vec<u8>,
    pub suspense: SuspenseId,
    pub confirming: (TxId, wire::SignedTransaction),
    pub opening: TxId,
    pub awarding: TxId,
    pub rolling: TxId,
    /// Rejected: an invoice with the document of another seller's.
    pub copying: TxId,
    /// Rejected: the same invoice once more.
    pub repeating: TxId,
}

/// Claims of the receivable.
pub const SPLIT: u32 = 0;
pub const PLEDGED: u32 = 1;
pub const OFFERED: u32 = 2;
pub const LOCKED: u32 = 3;
pub const FREE: u32 = 4;

pub const END_TO_END_ID: &str = "PAYOUT-1";

pub fn key_of(organization: &str) -> SigningKey {
    let at = ROLES.iter().position(|(_, id, _)| *id == organization);
    fixture::key(100 + u8::try_from(at.unwrap()).unwrap())
}

pub fn genesis() -> Genesis {
    let organization = |(_, id, role): (&str, &str, Role)| GenesisOrganization {
        id: id.parse().unwrap(),
        legal_name: id.to_uppercase(),
        lei: String::new(),
        national_id: format!("test:{id}"),
        roles: vec![role],
        accounts: vec![GenesisAccount::of(key_of(id).public_key())],
    };
    let mut genesis = fixture::genesis();
    // The ledger's first day begins now.
    genesis.time_ms = fixture::now_ms() - 1_000;
    genesis.organizations = ROLES.into_iter().map(organization).collect();
    genesis.validators[0].organization = "operator".parse().unwrap();
    genesis.sort();
    genesis.validate().unwrap();
    genesis
}

/// A date of 2012.
fn date(month: u32, day: u32) -> Option<wire::Date> {
    let year = 2012;
    Some(wire::Date { year, month, day })
}

fn usd(minor: u64) -> Option<wire::Money> {
    let currency = "USD".to_owned();
    Some(wire::Money { minor, currency })
}

pub fn terms() -> receivable::Terms {
    receivable::Terms {
        day_count: receivable::DayCount::A004.into(),
        convention: receivable::BusinessDayConvention::None.into(),
        grace_days: 0,
        penalty_rate_ppm: 80_000,
        assignable: true,
        fees: Vec::new(),
        arbiter: String::new(),
        arbiters: Vec::new(),
        arbiter_threshold: 0,
        calendar: String::new(),
    }
}

fn registration(buyer: &str, number: &str, document: u8) -> invoice::action::Action {
    invoice::action::Action::Register(invoice::RegisterInvoice {
        buyer: buyer.into(),
        number: number.into(),
        issue_date: date(1, 1),
        due_date: date(6, 30),
        gross: usd(100_000),
        type_code: 380,
        terms: Some(terms()),
        document_hash: vec![document; 32],
        payload_root: vec![9; 32],
        ..Default::default()
    })
}

fn quote_terms(bank: &str, rate_ppm: u32) -> financing::QuoteTerms {
    financing::QuoteTerms {
        amount: usd(20_000),
        rate_ppm,
        day_count: receivable::DayCount::A004.into(),
        fees: Vec::new(),
        recourse: receivable::Recourse::None.into(),
        expires_on: date(1, 20),
        issuer: bank.into(),
        end_to_end_id: format!("QUOTE-{rate_ppm}"),
        ..Default::default()
    }
}

impl World {
    pub async fn build() -> Self {
        let node = Node::of(genesis()).await;
        let mut chain = Chain { node, nonce: 0 };
        let (registering, _) = chain.invoice("supplier-a", registration("buyer-a", "INV-1", 1));
        let invoice = InvoiceId::of(registering);
        let confirming = chain.confirm("buyer-a", invoice);
        let receivable = ReceivableId::of(invoice);
        let (registering, _) = chain.invoice("supplier-a", registration("buyer-b", "INV-2", 2));
        let other = InvoiceId::of(registering);
        chain.confirm("buyer-b", other);
        let other_receivable = ReceivableId::of(other);

        chain.split(receivable);
        chain.offer(receivable, PLEDGED);
        chain.accept(receivable, PLEDGED);
        chain.offer(receivable, OFFERED);
        let two = ["bank-b", "bank-c"];
        let sale = financing::Technique::ReceivablesDiscounting;
        let loan = financing::Technique::LoanAgainstReceivables;
        let invited = chain.open("supplier-a", (receivable, LOCKED), sale, &two);
        let open = chain.open("supplier-a", (other_receivable, 0), sale, &[]);
        let awarded = chain.open("supplier-b", (receivable, PLEDGED), loan, &two);
        let requests = [invited, open, awarded].map(RequestId::of);
        for (request, rate) in requests.into_iter().zip([61_000, 62_000, 63_000]) {
            chain.commit("bank-b", request, rate);
        }
        chain.commit("bank-c", requests[2], 64_000);
        chain.share("supplier-b", "bank-d", Some(5));
        let rolling = chain.roll(6);
        for (request, rate) in [(requests[0], 61_000), (requests[2], 63_000)] {
            chain.reveal("bank-b", request, rate);
        }
        chain.reveal("bank-c", requests[2], 64_000);
        let awarding = chain.award("supplier-b", requests[2], "bank-b");
        chain.redeem("supplier-b", "bank-b");
        let programme = chain.programme(&two);
        let proposing = chain.propose_split("supplier-b", (receivable, PLEDGED), "bank-b");
        let deciding = chain.decide();
        chain.publish();
        let paying = chain.pay("buyer-a", receivable, "bank-c");
        chain.share("buyer-a", "bank-b", Some(20));
        chain.share("supplier-a", "bank-c", Some(20));
        chain.share("supplier-a", "bank-c", None);
        chain.publish_pack();
        let frozen = receivables::claim_key(&receivable.to_vec(), PLEDGED);
        chain.freeze(&frozen, &["supplier-b"]);
        chain.freeze(&members::organization_key("bank-b"), &["bank-b"]);
        let repaying = chain.repay("supplier-b", LoanId::of(requests[2]), "bank-b");
        let copy = registration("buyer-b", "INV-3", 1);
        let (copying, copied) = chain.invoice("supplier-c", copy);
        let again = registration("buyer-a", "inv 1", 3);
        let (repeating, repeated) = chain.invoice("supplier-a", again);
        assert_eq!((copied.code, repeated.code), (4013, 4012));
        Self {
            node: chain.node,
            nonce: chain.nonce,
            invoice,
            receivable,
            other_receivable,
            invited: requests[0],
            open: requests[1],
            awarded: requests[2],
            loan: LoanId::of(requests[2]),
            programme,
            proposal: ProposalId::of(proposing),
            decision: DecisionId::of(deciding),
            payment: PaymentId::of(paying, "buyer-a", "supplier-a"),
            frozen,
            suspense: SuspenseId::of(repaying, 0),
            confirming,
            opening: open,
            awarding,
            rolling,
            copying,
            repeating,
        }
    }

    /// Calls for an organization.
    pub fn client(&self, organization: &str) -> Client {
        self.node
            .bearing(&token(organization, &key_of(organization)))
    }

    /// A transaction that no block has.
    pub fn fresh(&mut self, organization: &str) -> (TxId, wire::SignedTransaction) {
        self.nonce += 1;
        let action = invoice::Action {
            action: Some(registration("buyer-a", "INV-9", self.nonce as u8)),
        };
        sign(organization, self.nonce, contract::INVOICE, &action)
    }
}

pub fn sign(
    organization: &str,
    nonce: u64,
    contract: u32,
    action: &impl Message,
) -> (TxId, wire::SignedTransaction) {
    let draft = Draft {
        chain_id: CHAIN,
        organization: &organization.parse().unwrap(),
        expires_at_ms: fixture::now_ms() + 1_800_000,
        nonce,
        contract,
        action: action.encode_to_vec(),
    };
    draft.sign(&key_of(organization))
}

/// A block for each transaction. All of them are carried out, but for registrations that are meant not to be.
struct Chain {
    node: Node,
    nonce: u64,
}

impl Chain {
    fn post(
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

    fn carry_out(&mut self, organization: &str, contract: u32, action: &impl Message) -> TxId {
        let (id, _, receipt) = self.post(organization, contract, action);
        assert_eq!(receipt.code, 0, "{:?}", receipt.rejection);
        id
    }

    fn invoice(&mut self, seller: &str, action: invoice::action::Action) -> (TxId, wire::Receipt) {
        let action = invoice::Action {
            action: Some(action),
        };
        let (id, _, receipt) = self.post(seller, contract::INVOICE, &action);
        (id, receipt)
    }

    fn confirm(&mut self, buyer: &str, id: InvoiceId) -> (TxId, wire::SignedTransaction) {
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

    fn claims(&mut self, organization: &str, action: receivable::action::Action) {
        let action = receivable::Action {
            action: Some(action),
        };
        self.carry_out(organization, contract::RECEIVABLE, &action);
    }

    fn split(&mut self, id: ReceivableId) {
        let split = receivable::SplitClaim {
            receivable: id.to_vec(),
            number: SPLIT,
            parts_minor: vec![30_000, 25_000, 25_000, 20_000],
        };
        self.claims("supplier-a", receivable::action::Action::Split(split));
    }

    fn offer(&mut self, id: ReceivableId, number: u32) {
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

    fn accept(&mut self, id: ReceivableId, number: u32) {
        let accept = receivable::AcceptOffer {
            receivable: id.to_vec(),
            number,
            end_to_end_id: String::new(),
        };
        self.claims("supplier-b", receivable::action::Action::Accept(accept));
    }

    /// A programme of the debtor's with a standing quote, and a limit, of the lender's.
    fn programme(&mut self, banks: &[&str]) -> ProgrammeId {
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
    fn publish_pack(&mut self) {
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

    fn freeze(&mut self, record: &[u8], told: &[&str]) {
        let freeze = supervision::FreezeRecord {
            record: record.to_vec(),
            reason_hash: vec![4; 32],
            last_day: None,
            organizations: told.iter().map(|id| (*id).to_owned()).collect(),
        };
        self.supervise(supervision::action::Action::Freeze(freeze));
    }

    fn supervise(&mut self, action: supervision::action::Action) {
        let action = supervision::Action {
            action: Some(action),
        };
        self.carry_out("regulator", contract::SUPERVISION, &action);
    }

    /// Lets an organization read up to a day of January, or no more.
    fn share(&mut self, organization: &str, reader: &str, day: Option<u32>) {
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

    fn repay(&mut self, borrower: &str, loan: LoanId, issuer: &str) -> TxId {
        let repay = financing::RepayLoan {
            loan: loan.to_vec(),
            issuer: issuer.into(),
            amount: usd(100),
            end_to_end_id: "REPAY-1".into(),
        };
        self.finance(borrower, financing::action::Action::Repay(repay))
    }

    fn finance(&mut self, organization: &str, action: financing::action::Action) -> TxId {
        let action = financing::Action {
            action: Some(action),
        };
        self.carry_out(organization, contract::FINANCING, &action)
    }

    fn open(
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

    fn commit(&mut self, bank: &str, request: RequestId, rate_ppm: u32) {
        let terms = quote_terms(bank, rate_ppm);
        let seal = commitment(CHAIN, &request.to_vec(), bank, &[5; 32], &terms);
        let commit = financing::CommitQuote {
            request: request.to_vec(),
            commitment: seal.to_vec(),
        };
        self.finance(bank, financing::action::Action::Commit(commit));
    }

    fn reveal(&mut self, bank: &str, request: RequestId, rate_ppm: u32) {
        let reveal = financing::RevealQuote {
            request: request.to_vec(),
            terms: Some(quote_terms(bank, rate_ppm)),
            salt: vec![5; 32],
        };
        self.finance(bank, financing::action::Action::Reveal(reveal));
    }

    fn award(&mut self, seller: &str, request: RequestId, bank: &str) -> TxId {
        let award = financing::AwardRequest {
            request: request.to_vec(),
            bank: bank.into(),
            pay_on: None,
        };
        self.finance(seller, financing::action::Action::Award(award))
    }

    fn roll(&mut self, day: u32) -> TxId {
        let roll = calendar::RollClock { to: date(1, day) };
        let action = calendar::Action {
            action: Some(calendar::action::Action::Roll(roll)),
        };
        self.carry_out("operator", contract::CALENDAR, &action)
    }

    fn publish(&mut self) {
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

    fn redeem(&mut self, holder: &str, issuer: &str) {
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

    /// Has a bank pay a receivable outside the ledger.
    fn pay(&mut self, debtor: &str, id: ReceivableId, bank: &str) -> TxId {
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
    fn propose_split(
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
    fn decide(&mut self) -> TxId {
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

    fn administer(&mut self, organization: &str, action: membership::action::Action) -> TxId {
        let action = membership::Action {
            action: Some(action),
        };
        self.carry_out(organization, contract::MEMBERSHIP, &action)
    }
}
