//! One day's business on the ledger, in stages: a stage waits for the one before it, nothing else does.

use std::collections::BTreeMap;

use counterfoil_proto::invoice::v1 as invoice;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{InvoiceId, RequestId, SuspenseId};
use counterfoil_types::transaction::contract;
use prost::Message as _;

use super::business::{Business, Day};
use super::data::Row;
use super::figures::paid_minor;
use super::lanes::Lanes;
use super::schedule::{self, bank_of};
use super::scripted::{self, Case};
use super::steps::{Proposed, Registered, Step, Steps};
use crate::client::Access;
use crate::failure::Failure;
use crate::localnet::Network;

/// Transactions under way at once; nodes bound what they hold for one organization.
const UNDER_WAY: usize = 1_024;
/// Transactions that go to one validator before it is the next one's turn.
const BATCH: usize = 128;
/// The bank whose quotes come first: of equal ones the earlier is taken.
const EARLIER_BANK: usize = 0;

/// The network, and what stands on its ledger.
pub struct Run<'a> {
    business: &'a Business,
    steps: Steps<'a>,
    lanes: Lanes,
    /// By rank.
    registered: BTreeMap<usize, Registered>,
    /// By invoice.
    warnings: BTreeMap<Vec<u8>, Vec<i32>>,
    /// What waits for another's signature, by case.
    proposed: BTreeMap<usize, Proposed>,
    /// What a case made last that its later steps name: an undertaking, deposits in suspense, a payment, or a programme.
    made: BTreeMap<usize, Vec<u8>>,
    today: Date,
}

impl<'a> Run<'a> {
    pub async fn prepare(
        business: &'a Business,
        network: &Network,
        access: &Access,
    ) -> Result<Self, Failure> {
        Ok(Self {
            business,
            steps: Steps::prepare(business, network)?,
            lanes: Lanes::open(&network.urls(), access).await?,
            registered: BTreeMap::new(),
            warnings: BTreeMap::new(),
            proposed: BTreeMap::new(),
            made: BTreeMap::new(),
            today: business.first_date(),
        })
    }

    /// Does all of a day's business on the ledger. An invoice's step comes before its payment, and
    /// what is issued today has its first step once it is confirmed.
    pub async fn day(&mut self, date: Date, day: &Day) -> Result<(), Failure> {
        self.today = date;
        let business = self.business;
        let row = |rank: &usize| business.row(*rank);
        let (repeated, issued) = parted(&day.issued, |rank| row(rank).repeats);
        let (queried, plain) = parted(&issued, |rank| row(rank).disputed);
        let (paid_at_once, paid) = parted(&day.settled, |rank| row(rank).issued == date);
        let (disputed_at_once, plain_at_once) = parted(&paid_at_once, |rank| row(rank).disputed);
        let (first, later) = parted(&day.steps, |(rank, _)| row(rank).issued == date);
        let (first_disputed, first_plain) = parted(&first, |(rank, _)| row(rank).disputed);
        let (quoted, stepped) = parted(&later, |(_, step)| *step == schedule::Step::Quote);
        let quoted: Vec<usize> = quoted.into_iter().map(|(rank, _)| rank).collect();

        // Deposits do not depend on the date; all else does.
        let mut opening = self.deposits(day)?;
        if date > business.first_date() {
            opening.push(self.steps.roll(date)?);
        }
        self.stage(opening).await?;
        let mut registering = self.register_all(&issued)?;
        registering.extend(self.advance(&stepped, date)?);
        registering.extend(self.quotes(&quoted, |bank| bank == EARLIER_BANK)?);
        self.stage(registering).await?;
        // A repetition comes after what it repeats, so that it is the one rejected.
        let mut answering = each(&repeated, |rank| self.steps.register(rank))?;
        answering.extend(each(&queried, |rank| self.steps.query(self.of(rank)))?);
        answering.extend(each(&plain, |rank| self.confirm(rank))?);
        answering.extend(self.quotes(&quoted, |bank| bank != EARLIER_BANK)?);
        self.stage(answering).await?;
        let mut following = each(&queried, |rank| self.confirm(rank))?;
        following.extend(self.advance(&first_plain, date)?);
        following.extend(each(&paid, |rank| self.pay(rank))?);
        for (case, step) in &day.scripted {
            following.push(self.scripted(*case, *step)?);
        }
        self.stage(following).await?;
        let mut closing = self.advance(&first_disputed, date)?;
        closing.extend(each(&plain_at_once, |rank| self.pay(rank))?);
        self.stage(closing).await?;
        let last = each(&disputed_at_once, |rank| self.pay(rank))?;
        self.stage(last).await
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
                self.note_warnings(&receipt)?;
                check_outcome(&what, expect, receipt)?;
            }
        }
    }

    /// Keeps what a registration was warned of, for its confirmation.
    fn note_warnings(&mut self, receipt: &wire::Receipt) -> Result<(), Failure> {
        let of_invoices = |event: &&wire::Event| event.contract == contract::INVOICE;
        for event in receipt.events.iter().filter(of_invoices) {
            let event = invoice::Event::decode(event.body.as_slice()).map_err(Failure::failed)?;
            if let Some(invoice::event::Event::Registered(mut registered)) = event.event {
                // Both adjacent years are one kind to acknowledge.
                registered.warnings.dedup();
                self.warnings
                    .insert(registered.invoice, registered.warnings);
            }
        }
        Ok(())
    }

    fn confirm(&self, rank: usize) -> Result<Step, Failure> {
        let registered = self.of(rank);
        let warnings = self.warnings.get(&registered.invoice.to_vec());
        let acknowledged = warnings.cloned().unwrap_or_default();
        self.steps.confirm(registered, acknowledged)
    }

    fn of(&self, rank: usize) -> Registered {
        self.registered[&rank]
    }

    fn register_all(&mut self, ranks: &[usize]) -> Result<Vec<Step>, Failure> {
        let mut steps = Vec::new();
        for rank in ranks {
            let step = self.steps.register(*rank)?;
            let registered = Registered {
                rank: *rank,
                invoice: InvoiceId::of(step.tx_id),
                request: None,
            };
            self.registered.insert(*rank, registered);
            steps.push(step);
        }
        Ok(steps)
    }

    /// The next step of each schedule, but for quotes.
    fn advance(
        &mut self,
        due: &[(usize, schedule::Step)],
        date: Date,
    ) -> Result<Vec<Step>, Failure> {
        use schedule::Step::{Accept, Award, Offer, Open, Quote, Reveal, Split};
        let mut steps = Vec::new();
        for (rank, step) in due {
            let registered = self.of(*rank);
            match step {
                Split => steps.push(self.steps.split(registered)?),
                Offer => steps.push(self.steps.offer(registered, date)?),
                Accept => steps.push(self.steps.accept(registered)?),
                Open => {
                    let step = self.steps.open(registered)?;
                    let request = Some(RequestId::of(step.tx_id));
                    self.registered.insert(
                        *rank,
                        Registered {
                            request,
                            ..registered
                        },
                    );
                    steps.push(step);
                }
                Quote => {}
                Reveal => {
                    for bank in self.quoting(*rank) {
                        steps.push(self.steps.reveal(registered, *bank)?);
                    }
                }
                Award => steps.push(self.steps.award(registered)?),
            }
        }
        Ok(steps)
    }

    /// The sealed quotes of some banks.
    fn quotes(&self, ranks: &[usize], of: impl Fn(usize) -> bool) -> Result<Vec<Step>, Failure> {
        let mut steps = Vec::new();
        for rank in ranks {
            for bank in self.quoting(*rank).iter().filter(|bank| of(**bank)) {
                steps.push(self.steps.commit(self.of(*rank), *bank)?);
            }
        }
        Ok(steps)
    }

    fn quoting(&self, rank: usize) -> &'a [usize] {
        let request = self.business.schedule(rank).request();
        request.map_or(&[], |request| &request.banks)
    }

    /// What the day's payments are made in.
    fn deposits(&self, day: &Day) -> Result<Vec<Step>, Failure> {
        let mut steps = each(&day.settled, |rank| {
            let (bank, row) = (bank_of(rank), self.business.row(rank));
            let id = format!("issue-{rank}");
            let minor = self.to_pay(rank)?;
            self.steps.issue(bank, row.buyer.as_str(), row, minor, id)
        })?;
        for (case, step) in &day.scripted {
            let Case { row, .. } = &self.business.cases[*case];
            let (holder, minor) = match step {
                scripted::Step::Pay(payment) => (row.buyer.as_str(), payment.minor()),
                scripted::Step::Honour { payer, minor } => (*payer, *minor),
                _ => continue,
            };
            let id = self.scripted_id("issue", *case);
            steps.push(self.steps.issue(scripted::BANK, holder, row, minor, id)?);
        }
        Ok(steps)
    }

    fn pay(&self, rank: usize) -> Result<Step, Failure> {
        let id = format!("settle-{rank}");
        let (registered, bank) = (self.of(rank), bank_of(rank));
        self.steps.pay(registered, bank, self.to_pay(rank)?, id)
    }

    fn to_pay(&self, rank: usize) -> Result<u64, Failure> {
        let row: &Row = self.business.row(rank);
        Ok(paid_minor(row, self.business.schedule(rank))?.iter().sum())
    }

    fn scripted(&mut self, case: usize, step: scripted::Step) -> Result<Step, Failure> {
        use scripted::Step::*;
        let registered = self.of(self.business.rank_of_case(case));
        let (steps, today) = (&self.steps, self.today);
        let named = |verb| self.scripted_id(verb, case);
        let proposed = || &self.proposed[&case];
        let made = || &*self.made[&case];
        match step {
            Pay(payment) => {
                let id = named("settle");
                let step = steps.pay(registered, scripted::BANK, payment.minor(), id)?;
                // Where it waits, if the receivable is frozen.
                let suspense = SuspenseId::of(step.tx_id, 0).to_vec();
                self.made.insert(case, suspense);
                Ok(step)
            }
            ReportOverdue => steps.report_overdue(registered),
            ReportDefault => steps.report_default(registered),
            Dispute => steps.dispute(registered),
            Rule { arbiter, minor } => steps.rule(registered, arbiter, minor),
            Credit { minor } => {
                let (step, proposed) = steps.credit(registered, today, minor)?;
                self.proposed.insert(case, proposed);
                Ok(step)
            }
            ConsentToCredit { .. } => steps.consent_to_credit(registered, proposed()),
            Offer {
                price_minor,
                recourse,
            } => steps.offer_for(registered, today, price_minor, recourse),
            Accept { .. } => {
                let (step, recourse) = steps.buy(registered, named("buy"))?;
                self.made.insert(case, recourse);
                Ok(step)
            }
            Guarantee { cap_minor } => {
                let (step, proposed) = steps.guarantee(registered, today, cap_minor)?;
                self.proposed.insert(case, proposed);
                Ok(step)
            }
            ConsentToGuarantee => {
                let (step, guarantee) = steps.consent_to_guarantee(registered, proposed())?;
                self.made.insert(case, guarantee);
                Ok(step)
            }
            Notice { holder } => steps.notice(registered, holder, made()),
            Honour { payer, minor } => {
                steps.honour(registered, payer, made(), minor, named("honour"))
            }
            Freeze => steps.freeze(registered),
            Release => steps.release(registered),
            Collect => steps.collect(registered, made()),
            Instruct { minor } => {
                let (step, payment) = steps.instruct(registered, today, minor, named("wire"))?;
                self.made.insert(case, payment);
                Ok(step)
            }
            Assert => steps.assert(registered, today, made(), named("entry")),
            ConfirmPayment => steps.confirm_payment(registered, made()),
            OpenProgramme => {
                let (step, programme) = steps.open_programme(registered)?;
                self.made.insert(case, programme);
                Ok(step)
            }
            MakeStandingQuote => steps.make_standing_quote(registered, made()),
            Purchase { .. } => steps.purchase(registered, made()),
        }
    }

    /// A name for a payment of a case: it has one a day at most.
    fn scripted_id(&self, verb: &str, case: usize) -> String {
        format!("{verb}-scripted-{case}-{}", self.today)
    }
}

fn parted<T: Copy>(items: &[T], holds: impl Fn(&T) -> bool) -> (Vec<T>, Vec<T>) {
    items.iter().partition(|item| holds(item))
}

fn each<T: Copy>(
    items: &[T],
    step: impl Fn(T) -> Result<Step, Failure>,
) -> Result<Vec<Step>, Failure> {
    items.iter().map(|item| step(*item)).collect()
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
