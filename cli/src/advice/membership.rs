//! After a rejection by membership.

use counterfoil_proto::membership::v1::RejectionCode as Membership;

pub fn on(code: Membership) -> Option<&'static str> {
    Some(match code {
        Membership::Unspecified => return None,
        Membership::CannotBeProposed => "send it directly: it collects signatures itself",
        Membership::InvalidConsents => {
            "name other organizations whose consent it needs, at most 32 (counterfoil org list)"
        }
        Membership::InvalidDate | Membership::InvalidExpiry => {
            "name a last day from the ledger's date to 90 days later (counterfoil clock show)"
        }
        Membership::UnknownProposal => "check the id (counterfoil proposal list)",
        Membership::NotTheProposer => {
            "if the proposal asks for your organization's consent, use `counterfoil proposal consent`"
        }
        Membership::ProposalClosed => "nothing: the proposal is carried out or ended",
        Membership::ProposalExpired => "propose it again: its last day has passed",
        Membership::HashDiffers => "look at the proposal again (counterfoil proposal show)",
        Membership::AlreadySigned => {
            "let another account approve it: nobody approves what it made or approved already"
        }
        Membership::NotAsked => {
            "nothing: the proposal does not ask for your organization's consent"
        }
        Membership::AlreadyConsented => "nothing: your organization has consented already",
        Membership::NotAParty => {
            "let the organization that proposed it, or one whose consent it asks, end it"
        }
        Membership::InvalidChanges => "enrol and revoke 1 to 16 keys at once, each once",
        Membership::InvalidKey => {
            "name the new key's file by --new-key, or the proof that `counterfoil account prove` printed for this \
             organization and chain"
        }
        Membership::KeyTaken => {
            "make a new key (counterfoil key new): one key is one account, once"
        }
        Membership::InvalidPermissions => "give one or more of view, make, approve, admin",
        Membership::InvalidHeight => {
            "leave the height out for the next one, or name a later one (counterfoil status)"
        }
        Membership::InvalidAccounts => {
            "check the organization's accounts (counterfoil account list)"
        }
        Membership::LockedOut => {
            "enrol accounts that make and approve before you revoke others or ask for more approvals"
        }
        Membership::InvalidRule => {
            "write requirements as \"pay above 10000.00 EUR: 2\", each once, at most 7 approvals"
        }
        Membership::HasLeft => "nothing: the organization has left already",
        Membership::LastOperator => "let another operator be admitted or reinstated first",
        Membership::WrongRole => {
            "let an operator propose and vote (counterfoil org list --role operator)"
        }
        Membership::NoDecision => "say what is to be decided (counterfoil decision --help)",
        Membership::InvalidOrganization => {
            "correct what the message names, as `counterfoil decision admit --help` describes the file"
        }
        Membership::IdTaken => "choose another id (counterfoil org list)",
        Membership::LegalIdTaken => {
            "nothing: this legal entity takes part already, and has one id (counterfoil org list)"
        }
        Membership::TooManyOrganizations => {
            "nothing: no more than 10,000 organizations are admitted"
        }
        Membership::UnknownOrganization => "use an id that `counterfoil org list` shows",
        Membership::WrongStatus => "look at the organization's status (counterfoil org show)",
        Membership::InvalidReason => "give a reason of 1 to 280 characters",
        Membership::InvalidSettings => {
            "compare with `counterfoil decision settings`, and correct what the message names"
        }
        Membership::UnknownDecision => "check the id (counterfoil decision list)",
        Membership::DecisionClosed => "nothing: the decision is carried out",
        Membership::DecisionExpired => "propose it again: the last day for votes has passed",
        Membership::DecisionDiffers => "look at the decision again (counterfoil decision show)",
        Membership::InvalidActivation => {
            "see what is in force and to come (counterfoil decision settings), and name a height that is still ahead of every node"
        }
        Membership::AlreadyVoted => "nothing: your organization has voted for it",
    })
}
