//! Confirmations that were proposed, and consented to.

use super::*;

/// Whose consent a confirmation asks for that is proposed, and how it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    None,
    Given,
    /// As a proposal to the accounts of the one that is asked.
    Proposed,
}

/// A fresh invoice of the seller's that its debtor confirms by a proposal: the transaction that makes it.
pub fn confirmed_by_proposal(
    world: &mut World,
    nonce: u64,
    consent: Consent,
) -> (TxId, ProposalId, ReceivableId) {
    let (registering, signed) = world.fresh("supplier-a");
    fixture::commit(&world.node.ledger, &[&signed]);
    let invoice = InvoiceId::of(registering);
    let warnings = invoice_record(world, invoice).warnings;
    let confirm = confirmation(invoice, warnings).encode_to_vec();
    let asked = Vec::from_iter((consent != Consent::None).then(|| "bank-d".to_owned()));
    let propose = |contract, action, consents_of| membership::Action {
        action: Some(membership::action::Action::Propose(membership::Propose {
            contract,
            action,
            consents_of,
            expires_on: Some(wire::Date {
                year: 2012,
                month: 2,
                day: 1,
            }),
        })),
    };
    let proposing = propose(contract::INVOICE, confirm.clone(), asked);
    let proposing = post(world, nonce, "buyer-a", contract::MEMBERSHIP, &proposing);
    let proposal = ProposalId::of(proposing);
    let given = membership::Action {
        action: Some(membership::action::Action::Consent(membership::Consent {
            proposal: proposal.to_vec(),
            action_hash: proposal.action_hash(contract::INVOICE, &confirm).to_vec(),
        })),
    };
    let given = match consent {
        Consent::None => None,
        Consent::Given => Some(given),
        Consent::Proposed => {
            let proposed = propose(contract::MEMBERSHIP, given.encode_to_vec(), Vec::new());
            Some(proposed)
        }
    };
    if let Some(given) = given {
        post(world, nonce + 1, "bank-d", contract::MEMBERSHIP, &given);
    }
    (proposing, proposal, ReceivableId::of(invoice))
}

/// Confirmed at once, or once another organization has consented: the debtor's accounts signed it, and the proof says which.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confirmation_may_be_a_proposal() {
    let key = key_of("buyer-a").public_key().to_vec();
    let mut world = World::build().await;
    for (nonce, consent) in [
        (1_000, Consent::None),
        (2_000, Consent::Given),
        (3_000, Consent::Proposed),
    ] {
        let (proposing, proposal, receivable) = confirmed_by_proposal(&mut world, nonce, consent);
        let file = passport_of(&world, "supplier-a", receivable).await;
        match read(check(&world, &file, None).unwrap()).confirmation {
            Confirmation::Signed { transaction, by } => {
                assert_eq!((transaction, by), (proposing, vec![key.clone()]));
                assert_eq!(consent, Consent::None);
            }
            Confirmation::Approved {
                proposal: of, by, ..
            } => {
                assert_eq!((of, by), (proposal.to_vec(), vec![key.clone()]));
                assert_ne!(consent, Consent::None);
            }
            Confirmation::NotNamed => panic!("it is named"),
        }
    }
}
