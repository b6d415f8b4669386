//! What members of a trade sign day after day, in the proportions of `counterfoil demo`.
//!
//! Each day begins with the clock's roll and as many new invoices as the days before it. An invoice does one
//! step every other day: registered, confirmed, its buyer given deposits; every 7th split and a
//! part passed on; every 11th pledged for a loan, of the others every 3rd sold to the better of two
//! banks; paid in the end. A day may be sent once the day before the last one is answered: what a transaction builds on is
//! committed then, in whatever order nodes hold those that wait.

use std::collections::{BTreeMap, VecDeque};

use counterfoil_proto::financing::v1::{self as financing, Technique};
use counterfoil_proto::receivable::v1::{self as receivable, Purpose, Recourse};
use counterfoil_proto::{calendar, invoice as invoices, settlement};
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{InvoiceId, ReceivableId, RequestId, TxId};
use counterfoil_types::quote;
use counterfoil_types::shares::pro_rata;

use super::{Action, FIRST_DATE, Signed, Wallet, confirmation, invoice, issue, money, now_ms};

/// The day of an invoice on which it is paid, from which on a day has steps of every kind.
pub const PAID: usize = 20;

const CURRENCY: &str = "USD";
const BANKS: [&str; 2] = ["bank-a", "bank-b"];
const SMALLEST_MINOR: u64 = 10_000;
/// What the seller keeps and what it passes on, in percent.
const PARTS: [u64; 2] = [60, 40];
const ADVANCE_PERCENT: u64 = 80;
/// Days of an invoice.
const OPENED: i64 = 10;
const DEADLINE: i64 = 13;
const REQUEST_ENDS: i64 = 30;
const DUE: i64 = 90;
/// As long as the chain's parameters let a transaction wait, less what clocks differ by.
const LIFETIME_MS: u64 = 55 * 60 * 1_000;

struct Invoice {
    number: usize,
    registration: TxId,
    request: Option<RequestId>,
}

/// Signs one day after another.
pub struct Days {
    wallets: BTreeMap<String, Wallet>,
    /// How many buyers, and how many sellers.
    traders: usize,
    /// New invoices of a day.
    cohort: usize,
    today: Date,
    /// One for each day, the youngest first.
    cohorts: VecDeque<Vec<Invoice>>,
    registered: usize,
}

impl Days {
    /// Of a trade whose members sign with these, with so many further buyers and sellers, and so many new invoices a day.
    pub fn new(wallets: impl IntoIterator<Item = Wallet>, traders: usize, cohort: usize) -> Self {
        let wallets = wallets.into_iter();
        Self {
            wallets: wallets
                .map(|wallet| (wallet.organization.clone(), wallet))
                .collect(),
            traders,
            cohort,
            today: FIRST_DATE.parse().expect("a date"),
            cohorts: VecDeque::new(),
            registered: 0,
        }
    }

    /// Signs all of the next day.
    pub fn next_day(&mut self) -> Vec<Signed> {
        let mut day = Vec::new();
        if !self.cohorts.is_empty() {
            self.today = self.today.add_days(1).expect("a run has a few days");
            let to = Some(self.today.to_proto());
            let roll = calendar::v1::RollClock { to };
            day.push(self.sign("operator", calendar::v1::action::Action::Roll(roll)));
        }
        let mut cohorts = std::mem::take(&mut self.cohorts);
        for (index, cohort) in cohorts.iter_mut().enumerate().rev() {
            for invoice in cohort {
                self.step(index + 1, invoice, &mut day);
            }
        }
        let cohort = (0..self.cohort).map(|_| self.register(&mut day)).collect();
        cohorts.push_front(cohort);
        cohorts.truncate(PAID);
        self.cohorts = cohorts;
        day
    }

    /// Signs with the time that is left to a transaction as of now.
    fn sign(&self, by: &str, action: impl Into<Action>) -> Signed {
        let wallet = &self.wallets[by];
        let mut draft = wallet.draft(action);
        draft.expires_at_ms = now_ms() + LIFETIME_MS;
        wallet.seal(&draft)
    }

    fn register(&mut self, day: &mut Vec<Signed>) -> Invoice {
        let number = self.registered;
        self.registered += 1;
        let mut register = invoice(&format!("INV-{number}"), amount_minor(number));
        register.buyer = self.buyer(number);
        // The clock may not have been rolled to today when it is registered.
        register.issue_date = Some(self.later(-2));
        register.due_date = Some(self.later(DUE));
        let action = invoices::v1::action::Action::Register(register);
        let sent = self.sign(&self.seller(number), action);
        let registration = sent.id;
        day.push(sent);
        Invoice {
            number,
            registration,
            request: None,
        }
    }

    /// What an invoice does on a day of its own.
    fn step(&self, age: usize, invoice: &mut Invoice, day: &mut Vec<Signed>) {
        let n = invoice.number + 1;
        let split = n.is_multiple_of(7);
        let asks = n.is_multiple_of(11) || n.is_multiple_of(3);
        match age {
            2 => self.confirm(invoice, day),
            4 if split => day.push(self.split(invoice)),
            6 if split => day.push(self.offer(invoice)),
            8 if split => day.push(self.accept(invoice)),
            10 if asks => {
                let sent = self.open(invoice);
                invoice.request = Some(RequestId::of(sent.id));
                day.push(sent);
            }
            12 => self.quote(invoice, false, day),
            // A day before and after it the quotes may be revealed, too.
            15 => self.quote(invoice, true, day),
            18 => day.extend(self.award(invoice)),
            PAID => day.push(self.pay(invoice)),
            _ => {}
        }
    }

    fn confirm(&self, invoice: &Invoice, day: &mut Vec<Signed>) {
        let (number, buyer) = (invoice.number, self.buyer(invoice.number));
        let confirm = confirmation(InvoiceId::of(invoice.registration), amount_minor(number));
        let confirm = invoices::v1::action::Action::Confirm(confirm);
        day.push(self.sign(&buyer, confirm));
        let issue = issue(&buyer, amount_minor(number), &format!("deposit-{number}"));
        day.push(self.sign(BANKS[0], issue));
    }

    fn split(&self, invoice: &Invoice) -> Signed {
        let split = receivable::SplitClaim {
            receivable: invoice.receivable(),
            number: 0,
            parts_minor: pro_rata(amount_minor(invoice.number), &PARTS),
        };
        self.by_seller(invoice, receivable::action::Action::Split(split))
    }

    fn offer(&self, invoice: &Invoice) -> Signed {
        let offer = receivable::OfferClaim {
            receivable: invoice.receivable(),
            number: 2,
            to: self.seller(invoice.number + 1),
            purpose: Purpose::Payment.into(),
            price: None,
            expires_on: Some(self.later(10)),
            issuer: String::new(),
            recourse: Recourse::None.into(),
            recourse_limit: None,
        };
        self.by_seller(invoice, receivable::action::Action::Offer(offer))
    }

    fn accept(&self, invoice: &Invoice) -> Signed {
        let accept = receivable::AcceptOffer {
            receivable: invoice.receivable(),
            number: 2,
            end_to_end_id: String::new(),
        };
        let accept = receivable::action::Action::Accept(accept);
        self.sign(&self.seller(invoice.number + 1), accept)
    }

    fn open(&self, invoice: &Invoice) -> Signed {
        let asked = Asked::of(invoice.number);
        let open = financing::OpenRequest {
            claims: vec![financing::ClaimReference {
                receivable: invoice.receivable(),
                number: asked.claim,
            }],
            technique: asked.technique.into(),
            amount: money(asked.amount_minor, CURRENCY),
            recourse: Recourse::None.into(),
            deadline: Some(self.later(DEADLINE - OPENED)),
            expires_on: Some(self.later(REQUEST_ENDS - OPENED)),
            ..Default::default()
        };
        self.by_seller(invoice, financing::action::Action::Open(open))
    }

    /// Commits to a quote, or reveals it.
    fn quote(&self, invoice: &Invoice, reveal: bool, day: &mut Vec<Signed>) {
        let Some(request) = invoice.request else {
            return;
        };
        let ends_in = REQUEST_ENDS - if reveal { 15 } else { 12 };
        let asked = Asked::of(invoice.number);
        for bank in &BANKS[..asked.banks] {
            let terms = financing::QuoteTerms {
                amount: money(asked.amount_minor, CURRENCY),
                rate_ppm: 62_000,
                day_count: receivable::DayCount::A004.into(),
                recourse: Recourse::None.into(),
                expires_on: Some(self.later(ends_in)),
                issuer: (*bank).to_owned(),
                end_to_end_id: format!("award-{}", invoice.number),
                ..Default::default()
            };
            let salt = *Hash::of_document(&request.to_vec()).as_bytes();
            let action = if reveal {
                financing::action::Action::Reveal(financing::RevealQuote {
                    request: request.to_vec(),
                    terms: Some(terms),
                    salt: salt.to_vec(),
                })
            } else {
                let chain_id = &self.wallets[*bank].chain_id;
                let sealed = quote::commitment(chain_id, &request.to_vec(), bank, &salt, &terms);
                financing::action::Action::Commit(financing::CommitQuote {
                    request: request.to_vec(),
                    commitment: sealed.to_vec(),
                })
            };
            day.push(self.sign(bank, action));
        }
    }

    fn award(&self, invoice: &Invoice) -> Option<Signed> {
        let award = financing::AwardRequest {
            request: invoice.request?.to_vec(),
            bank: BANKS[0].to_owned(),
            pay_on: None,
        };
        Some(self.by_seller(invoice, financing::action::Action::Award(award)))
    }

    fn pay(&self, invoice: &Invoice) -> Signed {
        let settle = settlement::v1::SettleReceivable {
            receivable: invoice.receivable(),
            issuer: BANKS[0].to_owned(),
            amount: money(amount_minor(invoice.number), CURRENCY),
            end_to_end_id: format!("payment-{}", invoice.number),
            fees: Vec::new(),
        };
        let settle = settlement::v1::action::Action::Settle(settle);
        self.sign(&self.buyer(invoice.number), settle)
    }

    fn by_seller(&self, invoice: &Invoice, action: impl Into<Action>) -> Signed {
        self.sign(&self.seller(invoice.number), action)
    }

    fn buyer(&self, number: usize) -> String {
        format!("buyer-{}", number % self.traders + 1)
    }

    /// Each buyer buys from every seller in time.
    fn seller(&self, number: usize) -> String {
        format!(
            "seller-{}",
            (number + number / self.traders) % self.traders + 1
        )
    }

    fn later(&self, days: i64) -> counterfoil_proto::v1::Date {
        let date = self.today.add_days(days).expect("a run has a few days");
        date.to_proto()
    }
}

impl Invoice {
    fn receivable(&self) -> Vec<u8> {
        ReceivableId::of(InvoiceId::of(self.registration)).to_vec()
    }
}

/// What a seller asks of the banks for the invoice of a number.
struct Asked {
    technique: Technique,
    claim: u32,
    amount_minor: u64,
    /// How many of them quote.
    banks: usize,
}

impl Asked {
    fn of(number: usize) -> Self {
        let n = number + 1;
        let (claim, minor) = match n.is_multiple_of(7) {
            true => (1, pro_rata(amount_minor(number), &PARTS)[0]),
            false => (0, amount_minor(number)),
        };
        match n.is_multiple_of(11) {
            true => Self {
                technique: Technique::LoanAgainstReceivables,
                claim,
                amount_minor: minor * ADVANCE_PERCENT / 100,
                banks: 1,
            },
            false => Self {
                technique: Technique::ReceivablesDiscounting,
                claim,
                amount_minor: minor,
                banks: 2,
            },
        }
    }
}

/// No two invoices have the same, so that none seems to be another's double.
fn amount_minor(number: usize) -> u64 {
    SMALLEST_MINOR + number as u64
}
