//! What to do about supervision's rejections.

use counterfoil_proto::supervision::v1::RejectionCode as Supervision;

pub(super) fn on(code: Supervision) -> Option<&'static str> {
    Some(match code {
        Supervision::Unspecified => return None,
        Supervision::WrongRole => {
            "let a regulator sign it (counterfoil org list --role regulator); where none is active, an operator a policy pack"
        }
        Supervision::WrongVersion => "publish the next version (counterfoil policy list)",
        Supervision::InvalidDate => "let it come into force on the ledger's date or later",
        Supervision::InvalidRules => {
            "correct the file where the message says (docs/policies has examples)"
        }
        Supervision::TooManyPacks => {
            "wait until more of the packs to come are in force, or let this one come before them"
        }
        Supervision::UnknownRecord => {
            "check how the record is named (counterfoil freeze place --help)"
        }
        Supervision::InvalidHash => "give the 32 bytes of the reason's SHA-256",
        Supervision::InvalidLastDay => "let the freeze last to the ledger's date at least",
        Supervision::AlreadyFrozen => {
            "release it first (counterfoil freeze show, counterfoil freeze release)"
        }
        Supervision::InvalidOrganizations => {
            "tell at most 16 organizations of this ledger (counterfoil org list)"
        }
        Supervision::TooManyFreezes => {
            "freeze what stands around it: its receivable, or its organization"
        }
        Supervision::NotFrozen => "nothing: it is free (counterfoil freeze show)",
        Supervision::LongestTenor => "agree on an earlier due date (counterfoil policy show)",
        Supervision::SmallSellerTenor => {
            "agree on an earlier due date: small sellers wait no longer after delivery"
        }
        Supervision::RateCeiling => "quote at most the ceiling (counterfoil policy show)",
        Supervision::DeepestTier => {
            "settle it otherwise: this claim goes no further down (counterfoil policy show)"
        }
        Supervision::ExposureCap => {
            "wait until something is repaid, or let another bank fund it (counterfoil policy show)"
        }
        Supervision::Currency => {
            "use a currency that the policy pack allows (counterfoil policy show)"
        }
        Supervision::StopList => {
            "ask the regulator: nothing is begun with this organization; debts to and by it are paid as before"
        }
        Supervision::AfterDefault => "wait until the debtor has paid what is in default",
        Supervision::Frozen => {
            "wait until the regulator releases it, or the freeze ends (counterfoil freeze list)"
        }
        Supervision::PayeeFrozen => {
            "pay in deposits (counterfoil receivable settle): the frozen share waits in suspense"
        }
    })
}
