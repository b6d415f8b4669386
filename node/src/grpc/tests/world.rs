//! A small ledger with every kind of record, and everybody who stands to them in some way.

mod chain;

use counterfoil_contracts::membership::api as members;
use counterfoil_contracts::receivable::api as receivables;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::{
    financing::v1 as financing, invoice::v1 as invoice, receivable::v1 as receivable,
};
use counterfoil_types::genesis::{Genesis, GenesisAccount, GenesisOrganization, Role};
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{
    DecisionId, InvoiceId, LoanId, PaymentId, ProgrammeId, ProposalId, ReceivableId, RequestId,
    SuspenseId, TxId,
};
use counterfoil_types::keys::SigningKey;
use counterfoil_types::payload::PrivateField;
use counterfoil_types::transaction::{Draft, contract};
use prost::Message;

use super::node::{Client, Node, token};
use crate::fixture::{self, CHAIN};

use chain::Chain;

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
    /// Two parts of it are paid.
    pub paid: ReceivableId,
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

/// Of the invoice that is partly paid.
pub fn private_fields() -> Vec<PrivateField> {
    [
        ("goods", "40 pallets"),
        ("order", "PO-77"),
        ("weight", "18 t"),
    ]
    .into_iter()
    .zip(1..)
    .map(|((name, value), salt)| PrivateField {
        name: name.to_owned(),
        value: value.to_owned(),
        salt: Hash::from_bytes([salt; 32]),
    })
    .collect()
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
        Self::of(genesis()).await
    }

    pub async fn of(genesis: Genesis) -> Self {
        let node = Node::of(genesis).await;
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
        let paid = chain.partly_paid("buyer-b", "bank-c");
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
            paid,
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
        let number = format!("INV-{}", self.nonce);
        let action = invoice::Action {
            action: Some(registration("buyer-a", &number, self.nonce as u8)),
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
