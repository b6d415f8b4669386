//! What the transactions in the blocks prove: who signed what, and what came of it.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::calendar::v1 as calendar;
use counterfoil_proto::cash::v1 as cash;
use counterfoil_proto::financing::v1 as financing;
use counterfoil_proto::invoice::v1 as invoice;
use counterfoil_proto::invoice::v1::action::Action as InvoiceAction;
use counterfoil_proto::membership::v1 as membership;
use counterfoil_proto::membership::v1::action::Action as Membership;
use counterfoil_proto::receivable::v1 as receivable;
use counterfoil_proto::settlement::v1 as settlement;
use counterfoil_proto::supervision::v1 as supervision;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{ProposalId, TxId};
use counterfoil_types::keys::{Signature, verify_zip215};
use counterfoil_types::transaction::{contract, id, sign_bytes};
use prost::Message as _;

use super::clock::LedgerClock;

/// An organization and the keys it signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub organization: String,
    pub signers: Vec<Vec<u8>>,
}

/// An action that was proposed, and who has signed it so far.
pub struct Proposed {
    contract: u32,
    action: Vec<u8>,
    signed: Signed,
}

#[derive(Default)]
pub struct Evidence {
    pub committed: u64,
    pub rejected: u64,
    /// Transactions whose signatures verify.
    pub verified: u64,
    /// Transactions whose receipt stands at their place, under their id.
    pub receipted: u64,
    pub tx_ids: BTreeSet<Vec<u8>>,
    /// Executed confirmations by invoice.
    pub confirmations: BTreeMap<Vec<u8>, Signed>,
    /// By id.
    pub proposals: BTreeMap<Vec<u8>, Proposed>,
    /// Executed transactions that moved cash, claims or financing, or froze them, in order.
    pub history: Vec<Executed>,
}

/// What one transaction did.
pub struct Executed {
    pub tx_id: TxId,
    /// The ledger date.
    pub date: Date,
    pub events: Vec<Event>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Cash(cash::event::Event),
    Receivable(receivable::event::Event),
    Financing(financing::event::Event),
    Settlement(settlement::event::Event),
    Supervision(supervision::event::Event),
}

/// A block's place in the chain, as its transactions see it.
pub struct At<'a> {
    pub chain_id: &'a str,
    pub height: u64,
    pub time_ms: u64,
}

impl Evidence {
    /// Takes in a block's transactions with their receipts.
    pub fn add(
        &mut self,
        at: &At,
        clock: &mut LedgerClock,
        transactions: &[Vec<u8>],
        receipts: &[wire::Receipt],
    ) {
        for (index, bytes) in transactions.iter().enumerate() {
            self.committed += 1;
            let Ok(signed) = wire::SignedTransaction::decode(bytes.as_slice()) else {
                continue;
            };
            let tx_id = id(at.chain_id, &signed.transaction);
            let Ok(transaction) = wire::Transaction::decode(signed.transaction.as_slice()) else {
                continue;
            };
            self.verified += u64::from(signatures_verify(at.chain_id, &signed, &transaction));
            if let Some(receipt) = receipts.get(index) {
                let in_place = receipt.tx_id == tx_id.to_vec()
                    && receipt.height == at.height
                    && usize::try_from(receipt.index).is_ok_and(|at| at == index);
                self.receipted += u64::from(in_place);
                self.rejected += u64::from(receipt.code != 0);
                if receipt.code == 0 {
                    self.signed(tx_id, transaction, receipt);
                    roll(clock, at.time_ms, receipt);
                    self.happened(tx_id, clock.date(at.time_ms), receipt);
                }
            }
            self.tx_ids.insert(tx_id.to_vec());
        }
    }

    /// Follows who signed what: in one transaction, or one after another for a proposal.
    fn signed(&mut self, tx_id: TxId, transaction: wire::Transaction, receipt: &wire::Receipt) {
        let wire::Transaction {
            organization,
            signers,
            contract,
            action,
            ..
        } = transaction;
        let signed = Signed {
            organization,
            signers,
        };
        if contract != contract::MEMBERSHIP {
            self.confirmation(contract, &action, signed);
            return;
        }
        match membership::Action::decode(action.as_slice()).map(|decoded| decoded.action) {
            Ok(Some(Membership::Propose(propose))) => {
                let proposed = Proposed {
                    contract: propose.contract,
                    action: propose.action,
                    signed,
                };
                self.proposals
                    .insert(ProposalId::of(tx_id).to_vec(), proposed);
            }
            Ok(Some(Membership::Approve(approve))) => {
                if let Some(proposed) = self.proposals.get_mut(&approve.proposal) {
                    proposed.signed.signers.extend(signed.signers);
                }
            }
            _ => {}
        }
        for carried_out in receipt.events.iter().filter_map(carried_out) {
            if let Some(proposed) = self.proposals.remove(&carried_out) {
                self.confirmation(proposed.contract, &proposed.action, proposed.signed);
            }
        }
    }

    fn confirmation(&mut self, contract: u32, action: &[u8], signed: Signed) {
        if contract != contract::INVOICE {
            return;
        }
        let action = invoice::Action::decode(action).map(|decoded| decoded.action);
        let confirmed = match action {
            Ok(Some(InvoiceAction::Confirm(confirm))) => confirm.invoice,
            // Its last conditions are what the seller accepts.
            Ok(Some(InvoiceAction::ConfirmConditionally(confirm))) => confirm.invoice,
            _ => return,
        };
        self.confirmations.insert(confirmed, signed);
    }

    fn happened(&mut self, tx_id: TxId, date: Date, receipt: &wire::Receipt) {
        let events: Vec<Event> = receipt.events.iter().filter_map(opened).collect();
        if !events.is_empty() {
            self.history.push(Executed {
                tx_id,
                date,
                events,
            });
        }
    }

    /// All events, in order.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.history.iter().flat_map(|executed| &executed.events)
    }
}

/// The proposal that an event says is carried out.
fn carried_out(event: &wire::Event) -> Option<Vec<u8>> {
    if event.contract != contract::MEMBERSHIP {
        return None;
    }
    match membership::Event::decode(event.body.as_slice())
        .ok()?
        .event?
    {
        membership::event::Event::CarriedOut(carried_out) => Some(carried_out.proposal),
        _ => None,
    }
}

/// The event itself, where it is of those that move cash, claims or financing, or freeze them.
fn opened(event: &wire::Event) -> Option<Event> {
    let body = event.body.as_slice();
    match event.contract {
        contract::CASH => cash::Event::decode(body).ok()?.event.map(Event::Cash),
        contract::RECEIVABLE => receivable::Event::decode(body)
            .ok()?
            .event
            .map(Event::Receivable),
        contract::FINANCING => financing::Event::decode(body)
            .ok()?
            .event
            .map(Event::Financing),
        contract::SETTLEMENT => settlement::Event::decode(body)
            .ok()?
            .event
            .map(Event::Settlement),
        contract::SUPERVISION => supervision::Event::decode(body)
            .ok()?
            .event
            .map(Event::Supervision),
        _ => None,
    }
}

fn roll(clock: &mut LedgerClock, time_ms: u64, receipt: &wire::Receipt) {
    for event in &receipt.events {
        if event.contract == contract::CALENDAR
            && let Ok(calendar::Event {
                event: Some(calendar::event::Event::Rolled(rolled)),
            }) = calendar::Event::decode(event.body.as_slice())
            && let Ok(to) = Date::try_from(&rolled.to.unwrap_or_default())
        {
            clock.roll(time_ms, to);
        }
    }
}
fn signatures_verify(
    chain_id: &str,
    signed: &wire::SignedTransaction,
    transaction: &wire::Transaction,
) -> bool {
    let message = sign_bytes(chain_id, &signed.transaction);
    let verifies = |(signer, signature): (&Vec<u8>, &Vec<u8>)| match (
        <&[u8; 32]>::try_from(signer.as_slice()),
        Signature::try_from(signature.as_slice()),
    ) {
        (Ok(key), Ok(signature)) => verify_zip215(key, &message, &signature.0),
        _ => false,
    };
    transaction.chain_id == chain_id
        && !transaction.signers.is_empty()
        && transaction.signers.len() == signed.signatures.len()
        && transaction
            .signers
            .iter()
            .zip(&signed.signatures)
            .all(verifies)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use counterfoil_types::keys::SigningKey;

    use super::*;
    use crate::signer::Signer;

    fn signer() -> Signer {
        Signer {
            chain_id: "c".into(),
            organization: "buyer".parse().unwrap(),
            key: SigningKey::from_seed([5; 32]),
            approvers: Vec::new(),
        }
    }

    fn seen(transactions: &[wire::SignedTransaction], receipts: &[wire::Receipt]) -> Evidence {
        let mut evidence = Evidence::default();
        let at = At {
            chain_id: "c",
            height: 3,
            time_ms: 1_000,
        };
        let bytes: Vec<Vec<u8>> = transactions.iter().map(|t| t.encode_to_vec()).collect();
        evidence.add(&at, &mut LedgerClock::default(), &bytes, receipts);
        evidence
    }

    #[test]
    fn confirmations_and_forged_signatures_are_seen() {
        let confirm = invoice::ConfirmInvoice {
            invoice: vec![7; 32],
            ..Default::default()
        };
        let (tx_id, signed) =
            signer().sign(InvoiceAction::Confirm(confirm), Duration::from_secs(1));
        let receipt = wire::Receipt {
            tx_id: tx_id.to_vec(),
            height: 3,
            ..Default::default()
        };
        let evidence = seen(
            std::slice::from_ref(&signed),
            std::slice::from_ref(&receipt),
        );
        assert_eq!(
            (evidence.committed, evidence.verified, evidence.receipted),
            (1, 1, 1)
        );
        let expected = Signed {
            organization: "buyer".into(),
            signers: vec![signer().key.public_key().to_vec()],
        };
        assert_eq!(evidence.confirmations[&vec![7; 32]], expected);

        let mut forged = signed;
        forged.signatures[0][0] ^= 1;
        let rejected = wire::Receipt {
            code: 4022,
            index: 1,
            ..receipt
        };
        let evidence = seen(&[forged], &[rejected]);
        assert_eq!(
            (evidence.committed, evidence.verified, evidence.receipted),
            (1, 0, 0)
        );
        assert_eq!((evidence.rejected, evidence.confirmations.len()), (1, 0));
    }

    #[test]
    fn a_proposed_confirmation_is_seen_when_it_is_carried_out_with_all_who_signed() {
        let confirm = invoice::ConfirmInvoice {
            invoice: vec![7; 32],
            ..Default::default()
        };
        let action = invoice::Action {
            action: Some(InvoiceAction::Confirm(confirm)),
        };
        let propose = Membership::Propose(membership::Propose {
            contract: contract::INVOICE,
            action: action.encode_to_vec(),
            ..Default::default()
        });
        let (proposing, proposed) = signer().sign(propose, Duration::from_secs(1));
        let proposal = ProposalId::of(proposing).to_vec();
        let checker = Signer {
            key: SigningKey::from_seed([6; 32]),
            ..signer()
        };
        let approve = Membership::Approve(membership::Approve {
            proposal: proposal.clone(),
            ..Default::default()
        });
        let (_, approved) = checker.sign(approve, Duration::from_secs(1));
        let body = membership::Event {
            event: Some(membership::event::Event::CarriedOut(
                membership::CarriedOut { proposal },
            )),
        };
        let carried_out = wire::Receipt {
            events: vec![wire::Event {
                contract: contract::MEMBERSHIP,
                organizations: Vec::new(),
                body: body.encode_to_vec(),
            }],
            ..Default::default()
        };
        let only_approved = wire::Receipt::default();
        let transactions = [proposed, approved];
        let waiting = seen(&transactions, &[wire::Receipt::default(), only_approved]);
        assert!(waiting.confirmations.is_empty());
        let done = seen(&transactions, &[wire::Receipt::default(), carried_out]);
        let signers = &done.confirmations[&vec![7; 32]].signers;
        let expected = [signer(), checker].map(|by| by.key.public_key().to_vec());
        assert_eq!(signers, &expected);
    }

    #[test]
    fn events_are_dated_by_the_rolls_before_them() {
        let to: Date = "2013-03-01".parse().unwrap();
        let rolled = calendar::Event {
            event: Some(calendar::event::Event::Rolled(calendar::ClockRolled {
                from: None,
                to: Some(to.to_proto()),
            })),
        };
        let issued = cash::event::Event::Issued(cash::DepositIssued::default());
        let issue = cash::Event {
            event: Some(issued.clone()),
        };
        let receipt = |contract, body| wire::Receipt {
            events: vec![wire::Event {
                contract,
                organizations: Vec::new(),
                body,
            }],
            ..Default::default()
        };
        let action = cash::action::Action::Issue(cash::IssueDeposit::default());
        let transactions =
            [(); 2].map(|()| signer().sign(action.clone(), Duration::from_secs(1)).1);
        let receipts = [
            receipt(contract::CALENDAR, rolled.encode_to_vec()),
            receipt(contract::CASH, issue.encode_to_vec()),
        ];
        let history = seen(&transactions, &receipts).history;
        assert_eq!(history.len(), 1);
        assert_eq!(history[0].date, to);
        assert_eq!(history[0].events, [Event::Cash(issued)]);
    }
}
