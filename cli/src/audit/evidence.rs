//! What the transactions in the blocks prove: who signed what, and what came of it.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::cash::v1 as cash;
use counterfoil_proto::cash::v1::event::Event as CashEvent;
use counterfoil_proto::invoice::v1 as invoice;
use counterfoil_proto::invoice::v1::action::Action as InvoiceAction;
use counterfoil_proto::settlement::v1 as settlement;
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;
use counterfoil_proto::v1 as wire;
use counterfoil_types::keys::{Signature, verify_zip215};
use counterfoil_types::transaction::{contract, id, sign_bytes};
use prost::Message as _;

/// An organization and the key it signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    pub organization: String,
    pub signer: Vec<u8>,
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
    /// Executed payment instructions, and how many distinct (payer, end-to-end id) they have.
    pub instructions: u64,
    pub end_to_end_ids: BTreeSet<(String, String)>,
    /// Settlements by receivable.
    pub settlements: BTreeMap<Vec<u8>, settlement::ReceivableSettled>,
    /// What was issued and what was burned, by (issuer, currency).
    pub issued: BTreeMap<(String, String), u128>,
    pub redeemed: BTreeMap<(String, String), u128>,
}

impl Evidence {
    /// Takes in a block's transactions with their receipts.
    pub fn add(
        &mut self,
        chain_id: &str,
        height: u64,
        transactions: &[Vec<u8>],
        receipts: &[wire::Receipt],
    ) {
        for (index, bytes) in transactions.iter().enumerate() {
            self.committed += 1;
            let Ok(signed) = wire::SignedTransaction::decode(bytes.as_slice()) else {
                continue;
            };
            let tx_id = id(chain_id, &signed.transaction).to_vec();
            let Ok(transaction) = wire::Transaction::decode(signed.transaction.as_slice()) else {
                continue;
            };
            self.verified += u64::from(signatures_verify(chain_id, &signed, &transaction));
            if let Some(receipt) = receipts.get(index) {
                let in_place = receipt.tx_id == tx_id
                    && receipt.height == height
                    && usize::try_from(receipt.index).is_ok_and(|at| at == index);
                self.receipted += u64::from(in_place);
                self.rejected += u64::from(receipt.code != 0);
                if receipt.code == 0 {
                    self.executed(&transaction, receipt);
                }
            }
            self.tx_ids.insert(tx_id);
        }
    }

    fn executed(&mut self, transaction: &wire::Transaction, receipt: &wire::Receipt) {
        if transaction.contract == contract::INVOICE
            && let Ok(invoice::Action {
                action: Some(InvoiceAction::Confirm(confirm)),
            }) = invoice::Action::decode(transaction.action.as_slice())
        {
            let signed = Signed {
                organization: transaction.organization.clone(),
                signer: transaction.signers.first().cloned().unwrap_or_default(),
            };
            self.confirmations.insert(confirm.invoice, signed);
        }
        // A settlement is one instruction, which its own event and that of the transfer both report.
        let mut ids = BTreeSet::new();
        for event in &receipt.events {
            ids.extend(match event.contract {
                contract::CASH => self.cash(&event.body),
                contract::SETTLEMENT => self.settlement(&event.body),
                _ => None,
            });
        }
        for id in ids {
            self.instructions += 1;
            // The payer is the organization that signed.
            self.end_to_end_ids
                .insert((transaction.organization.clone(), id));
        }
    }

    /// Takes in a cash event. Returns the end-to-end id of the instruction it reports.
    fn cash(&mut self, body: &[u8]) -> Option<String> {
        match cash::Event::decode(body).ok()?.event? {
            CashEvent::Issued(e) => {
                add_to(&mut self.issued, e.issuer, e.amount);
                Some(e.end_to_end_id)
            }
            CashEvent::Transferred(e) => Some(e.end_to_end_id),
            CashEvent::RedemptionRequested(e) => Some(e.end_to_end_id),
            CashEvent::RedemptionPaid(e) => {
                add_to(&mut self.redeemed, e.issuer, e.amount);
                None
            }
            CashEvent::RedemptionRestored(_) => None,
        }
    }

    fn settlement(&mut self, body: &[u8]) -> Option<String> {
        let SettlementEvent::Settled(settled) = settlement::Event::decode(body).ok()?.event?;
        let id = settled.end_to_end_id.clone();
        self.settlements.insert(settled.receivable.clone(), settled);
        Some(id)
    }
}

fn add_to(
    totals: &mut BTreeMap<(String, String), u128>,
    issuer: String,
    amount: Option<wire::Money>,
) {
    let amount = amount.unwrap_or_default();
    *totals.entry((issuer, amount.currency)).or_default() += u128::from(amount.minor);
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
        }
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
        let mut evidence = Evidence::default();
        evidence.add(
            "c",
            3,
            &[signed.encode_to_vec()],
            std::slice::from_ref(&receipt),
        );
        assert_eq!(
            (evidence.committed, evidence.verified, evidence.receipted),
            (1, 1, 1)
        );
        let expected = Signed {
            organization: "buyer".into(),
            signer: signer().key.public_key().to_vec(),
        };
        assert_eq!(evidence.confirmations[&vec![7; 32]], expected);

        let mut forged = signed;
        forged.signatures[0][0] ^= 1;
        let mut evidence = Evidence::default();
        let rejected = wire::Receipt {
            code: 4022,
            index: 1,
            ..receipt
        };
        evidence.add("c", 3, &[forged.encode_to_vec()], &[rejected]);
        assert_eq!(
            (evidence.committed, evidence.verified, evidence.receipted),
            (1, 0, 0)
        );
        assert_eq!((evidence.rejected, evidence.confirmations.len()), (1, 0));
    }

    #[test]
    fn instructions_are_counted_by_payer() {
        let mut evidence = Evidence::default();
        for id in ["a", "b", "b"] {
            let issued = cash::DepositIssued {
                issuer: "buyer".into(),
                amount: Some(wire::Money {
                    minor: 5,
                    currency: "USD".into(),
                }),
                end_to_end_id: id.into(),
                ..Default::default()
            };
            let body = cash::Event {
                event: Some(CashEvent::Issued(issued)),
            }
            .encode_to_vec();
            let event = wire::Event {
                contract: contract::CASH,
                organizations: Vec::new(),
                body,
            };
            let (_, signed) = signer().sign(
                cash::action::Action::Issue(cash::IssueDeposit::default()),
                Duration::from_secs(1),
            );
            let receipt = wire::Receipt {
                events: vec![event],
                ..Default::default()
            };
            evidence.add("c", 1, &[signed.encode_to_vec()], &[receipt]);
        }
        assert_eq!(
            (evidence.instructions, evidence.end_to_end_ids.len()),
            (3, 2)
        );
        assert_eq!(evidence.issued[&("buyer".to_owned(), "USD".to_owned())], 15);
    }

    #[test]
    fn a_settlement_and_its_transfer_are_one_instruction() {
        let transferred = cash::DepositTransferred {
            end_to_end_id: "s".into(),
            ..Default::default()
        };
        let settled = settlement::ReceivableSettled {
            end_to_end_id: "s".into(),
            receivable: vec![1],
            ..Default::default()
        };
        let cash = cash::Event {
            event: Some(CashEvent::Transferred(transferred)),
        };
        let settlement = settlement::Event {
            event: Some(SettlementEvent::Settled(settled)),
        };
        let event = |contract, body| wire::Event {
            contract,
            organizations: Vec::new(),
            body,
        };
        let events = vec![
            event(contract::CASH, cash.encode_to_vec()),
            event(contract::SETTLEMENT, settlement.encode_to_vec()),
        ];
        let action = settlement::action::Action::Settle(settlement::SettleReceivable::default());
        let (_, signed) = signer().sign(action, Duration::from_secs(1));
        let mut evidence = Evidence::default();
        let receipt = wire::Receipt {
            events,
            ..Default::default()
        };
        evidence.add("c", 1, &[signed.encode_to_vec()], &[receipt]);
        assert_eq!(
            (evidence.instructions, evidence.end_to_end_ids.len()),
            (1, 1)
        );
        assert!(evidence.settlements.contains_key(&vec![1]));
    }
}
