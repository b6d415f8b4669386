//! What happens on each day, in stages: a stage waits for the one before it, nothing else does.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::receivable::v1::{BusinessDayConvention, DayCount as WireDayCount, Terms};
use counterfoil_proto::v1 as wire;
use counterfoil_proto::{calendar, cash, invoice, settlement};
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{InvoiceId, OrganizationId, ReceivableId, TxId};
use counterfoil_types::keys::SigningKey;
use counterfoil_types::payload;

use super::data::{BANKS, CURRENCY, Data, OPERATOR, Row};
use super::figures::{GRACE_DAYS, PENALTY_RATE_PPM, bank_of, penalty};
use super::lanes::Lanes;
use crate::commands::invoice::{COMMERCIAL_INVOICE, terms_hash};
use crate::failure::Failure;
use crate::keystore;
use crate::localnet::Network;
use crate::signer::{Action, DEFAULT_LIFETIME, Signer};

/// Transactions under way at once; nodes bound what they hold for one organization.
const UNDER_WAY: usize = 1_024;
/// Transactions that go to one validator before it is the next one's turn.
const BATCH: usize = 128;

/// The ranks of the rows that something happens to on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    pub issued: Vec<usize>,
    pub settled: Vec<usize>,
}

/// The days on which something happens.
pub fn days(data: &Data) -> BTreeMap<Date, Day> {
    let mut days: BTreeMap<Date, Day> = BTreeMap::new();
    for (rank, row) in data.rows.iter().enumerate() {
        days.entry(row.issued).or_default().issued.push(rank);
        if let Some(settled) = row.settled.filter(|_| !row.repeats) {
            days.entry(settled).or_default().settled.push(rank);
        }
    }
    days
}

/// How often the date is rolled: on every such day but the ledger's first.
pub fn rolls(data: &Data) -> u64 {
    let first = data.first_date();
    days(data).keys().filter(|date| **date > first).count() as u64
}

/// Everyone's keys, and the validators.
pub struct Run<'a> {
    data: &'a Data,
    /// By organization.
    signers: BTreeMap<String, Signer>,
    lanes: Lanes,
    terms: Terms,
    payload_root: Vec<u8>,
    /// Ids of what is registered, by rank.
    invoices: BTreeMap<usize, InvoiceId>,
}

/// One transaction, what it is in words, and the outcome it must have.
struct Step {
    what: String,
    tx_id: TxId,
    transaction: wire::SignedTransaction,
    expect: u32,
}

impl<'a> Run<'a> {
    pub async fn prepare(data: &'a Data, network: &Network) -> Result<Self, Failure> {
        let mut parties: BTreeSet<OrganizationId> = BTreeSet::new();
        for row in &data.rows {
            parties.extend([row.seller.clone(), row.buyer.clone()]);
        }
        let fixed = [OPERATOR, BANKS[0], BANKS[1]];
        parties.extend(fixed.map(|id| id.parse().expect("these are organization ids")));
        let mut signers = BTreeMap::new();
        for organization in parties {
            let key: SigningKey = keystore::read_key(&network.key_file(&organization))?;
            let chain_id = network.chain_id().to_owned();
            signers.insert(
                organization.to_string(),
                Signer {
                    chain_id,
                    organization,
                    key,
                },
            );
        }
        Ok(Self {
            data,
            signers,
            lanes: Lanes::open(&network.urls()).await?,
            terms: Terms {
                day_count: WireDayCount::A004.into(),
                convention: BusinessDayConvention::None.into(),
                grace_days: GRACE_DAYS,
                penalty_rate_ppm: PENALTY_RATE_PPM,
                assignable: true,
                fees: Vec::new(),
            },
            payload_root: payload::root(&[]).map_err(Failure::failed)?.to_vec(),
            invoices: BTreeMap::new(),
        })
    }

    /// Does all of a day's business on the ledger.
    pub async fn day(&mut self, date: Date, day: &Day) -> Result<(), Failure> {
        let row = |rank: &usize| &self.data.rows[*rank];
        let (repeated, issued): (Vec<usize>, Vec<usize>) =
            day.issued.iter().partition(|rank| row(rank).repeats);
        let (queried, plain): (Vec<usize>, Vec<usize>) =
            issued.iter().partition(|rank| row(rank).disputed);
        let (at_once, earlier): (Vec<usize>, Vec<usize>) = day
            .settled
            .iter()
            .partition(|rank| row(rank).issued == date);
        let (disputed_at_once, plain_at_once): (Vec<usize>, Vec<usize>) =
            at_once.iter().partition(|rank| row(rank).disputed);

        // Deposits do not depend on the date; registrations and payments do.
        let mut opening = self.each(&day.settled, Self::issue)?;
        if date > self.data.first_date() {
            opening.push(self.roll(date)?);
        }
        self.stage(opening).await?;
        let mut registering = self.register_all(&issued)?;
        registering.extend(self.each(&earlier, Self::pay)?);
        self.stage(registering).await?;
        // A repetition comes after what it repeats, so that it is the one rejected.
        let mut answering = self.each(&repeated, |run, rank| {
            run.register(rank).map(|(_, step)| step)
        })?;
        answering.extend(self.each(&queried, Self::query)?);
        answering.extend(self.each(&plain, Self::confirm)?);
        self.stage(answering).await?;
        let mut closing = self.each(&queried, Self::confirm)?;
        closing.extend(self.each(&plain_at_once, Self::pay)?);
        self.stage(closing).await?;
        let last = self.each(&disputed_at_once, Self::pay)?;
        self.stage(last).await
    }

    fn each(
        &self,
        ranks: &[usize],
        step: impl Fn(&Self, usize) -> Result<Step, Failure>,
    ) -> Result<Vec<Step>, Failure> {
        ranks.iter().map(|rank| step(self, *rank)).collect()
    }

    fn register_all(&mut self, ranks: &[usize]) -> Result<Vec<Step>, Failure> {
        let mut steps = Vec::new();
        for rank in ranks {
            let (id, step) = self.register(*rank)?;
            self.invoices.insert(*rank, id);
            steps.push(step);
        }
        Ok(steps)
    }

    /// Sends transactions that do not depend on each other, and waits for all of them.
    async fn stage(&mut self, steps: Vec<Step>) -> Result<(), Failure> {
        let mut steps = steps.into_iter();
        loop {
            let mut under_way = Vec::new();
            while under_way.len() < UNDER_WAY {
                let (about, batch): (Vec<_>, Vec<_>) = steps
                    .by_ref()
                    .take(BATCH)
                    .map(|step| ((step.what, step.expect), step.transaction))
                    .unzip();
                if batch.is_empty() {
                    break;
                }
                under_way.extend(about.into_iter().zip(self.lanes.send(batch).await?));
            }
            if under_way.is_empty() {
                return Ok(());
            }
            for ((what, expect), pending) in under_way {
                let receipt = pending.receipt().await.map_err(|e| in_context(&what, e))?;
                check_outcome(&what, expect, receipt)?;
            }
        }
    }

    fn step(&self, by: &str, what: String, action: impl Into<Action>) -> Result<Step, Failure> {
        let signer = self
            .signers
            .get(by)
            .ok_or_else(|| Failure::Failed(format!("no key of {by}")))?;
        let (tx_id, transaction) = signer.sign(action, DEFAULT_LIFETIME);
        Ok(Step {
            what,
            tx_id,
            transaction,
            expect: 0,
        })
    }

    fn roll(&self, date: Date) -> Result<Step, Failure> {
        let roll = calendar::v1::RollClock {
            to: Some(date.to_proto()),
        };
        self.step(
            OPERATOR,
            format!("roll to {date}"),
            calendar::v1::action::Action::Roll(roll),
        )
    }

    fn issue(&self, rank: usize) -> Result<Step, Failure> {
        let row = &self.data.rows[rank];
        let issue = cash::v1::IssueDeposit {
            holder: row.buyer.to_string(),
            amount: Some(to_pay(row)?),
            end_to_end_id: format!("issue-{rank}"),
        };
        let action = cash::v1::action::Action::Issue(issue);
        self.step(
            BANKS[bank_of(rank)],
            in_words("issue deposits for", row),
            action,
        )
    }

    fn register(&self, rank: usize) -> Result<(InvoiceId, Step), Failure> {
        let row = &self.data.rows[rank];
        let register = invoice::v1::RegisterInvoice {
            buyer: row.buyer.to_string(),
            number: row.number.clone(),
            issue_date: Some(row.issued.to_proto()),
            due_date: Some(row.due.to_proto()),
            delivery_date: None,
            gross: Some(usd(row.amount_minor)),
            type_code: COMMERCIAL_INVOICE,
            order_reference: String::new(),
            terms: Some(self.terms.clone()),
            document_hash: row.document.to_vec(),
            payload_root: self.payload_root.clone(),
            succeeds: Vec::new(),
        };
        let action = invoice::v1::action::Action::Register(register);
        let mut step = self.step(row.seller.as_str(), in_words("register", row), action)?;
        if row.repeats {
            step.expect = invoice::v1::RejectionCode::DuplicateInvoice as u32;
        }
        Ok((InvoiceId::of(step.tx_id), step))
    }

    fn query(&self, rank: usize) -> Result<Step, Failure> {
        let row = &self.data.rows[rank];
        let query = invoice::v1::QueryInvoice {
            invoice: self.invoices[&rank].to_vec(),
            reason: "disputed".into(),
        };
        self.step(
            row.buyer.as_str(),
            in_words("query", row),
            invoice::v1::action::Action::Query(query),
        )
    }

    fn confirm(&self, rank: usize) -> Result<Step, Failure> {
        let row = &self.data.rows[rank];
        let confirm = invoice::v1::ConfirmInvoice {
            invoice: self.invoices[&rank].to_vec(),
            amount: Some(usd(row.amount_minor)),
            terms_hash: terms_hash(&self.terms).to_vec(),
        };
        self.step(
            row.buyer.as_str(),
            in_words("confirm", row),
            invoice::v1::action::Action::Confirm(confirm),
        )
    }

    fn pay(&self, rank: usize) -> Result<Step, Failure> {
        let row = &self.data.rows[rank];
        let settle = settlement::v1::SettleReceivable {
            receivable: ReceivableId::of(self.invoices[&rank]).to_vec(),
            issuer: BANKS[bank_of(rank)].to_owned(),
            amount: Some(to_pay(row)?),
            end_to_end_id: format!("settle-{rank}"),
        };
        self.step(
            row.buyer.as_str(),
            in_words("settle", row),
            settlement::v1::action::Action::Settle(settle),
        )
    }
}

fn usd(minor: u64) -> wire::Money {
    wire::Money {
        minor,
        currency: CURRENCY.to_owned(),
    }
}

fn to_pay(row: &Row) -> Result<wire::Money, Failure> {
    let penalty = penalty(row).map_err(|e| Failure::Failed(format!("line {}: {e}", row.line)))?;
    Ok(usd(row.amount_minor + penalty))
}

fn in_words(verb: &str, row: &Row) -> String {
    format!(
        "{verb} invoice {} of {} (line {})",
        row.number, row.seller, row.line
    )
}

fn in_context(what: &str, failure: Failure) -> Failure {
    match failure {
        Failure::Failed(message) => Failure::Failed(format!("{what}: {message}")),
        Failure::Rejected(mut rejected) => {
            rejected.message = format!("{what}: {}", rejected.message);
            Failure::Rejected(rejected)
        }
        other => other,
    }
}

fn check_outcome(what: &str, expect: u32, receipt: wire::Receipt) -> Result<(), Failure> {
    match (expect, receipt.code) {
        (expect, code) if expect == code => Ok(()),
        (_, 0) => Err(Failure::Failed(format!(
            "{what}: executed, but code {expect} was expected"
        ))),
        _ => crate::client::executed(receipt)
            .map(|_| ())
            .map_err(|e| in_context(what, e)),
    }
}
