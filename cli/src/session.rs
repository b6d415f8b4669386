//! One run of the command: its global options, and what most commands do with them.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use counterfoil_keystore::{Keystore, PasswordSource};
use counterfoil_types::ids::{OrganizationId, ProposalId, TxId};
use counterfoil_types::keys::SigningKey;

use crate::amounts::Currencies;
use crate::arguments::{Global, Page, Sending};
use crate::client::{Access, Account, Client, executed, listed};
use crate::failure::Failure;
use crate::output::{Answer, Listed, View};
use crate::owed::last_day;
use crate::signer::{Action, Signer};
use crate::views;

/// How long a proposal stands unless told otherwise.
const PROPOSED_DAYS: i64 = 30;

pub struct Session {
    global: Global,
    keystore: Keystore,
    /// Read once: its key may be behind a password.
    account: OnceLock<Account>,
}

impl Session {
    pub fn new(global: Global) -> Self {
        let keystore = Keystore::new(PasswordSource {
            file: global.password_file.clone(),
            option: "--password-file",
            variable: "COUNTERFOIL_PASSWORD",
        });
        Self {
            global,
            keystore,
            account: OnceLock::new(),
        }
    }

    pub fn global(&self) -> &Global {
        &self.global
    }

    pub async fn client(&self) -> Result<Client, Failure> {
        Client::connect(&self.global.node, &self.access()?).await
    }

    /// To ask a node as this session's organization.
    pub fn access(&self) -> Result<Access, Failure> {
        Ok(Access {
            account: self.account()?.clone(),
            authority: self.global.ca.clone(),
        })
    }

    pub fn organization(&self) -> Result<&OrganizationId, Failure> {
        let missing = || {
            Failure::Usage(
                "this command acts for an organization, and none is named\n  what to do: say which by --org or \
                 COUNTERFOIL_ORG, and name its private key by --key"
                    .into(),
            )
        };
        self.global.org.as_ref().ok_or_else(missing)
    }

    /// What opens key files, and encrypts new ones.
    pub fn keystore(&self) -> &Keystore {
        &self.keystore
    }

    pub fn key_file(&self) -> Result<&Path, Failure> {
        let missing = || {
            Failure::Usage(
                "this command needs a private key, and none is named\n  what to do: name its file by --key or \
                 COUNTERFOIL_KEY; a local network's keys are in dev/keys/ or localnet/keys/, and `counterfoil key new` makes one"
                    .into(),
            )
        };
        self.global.key.as_deref().ok_or_else(missing)
    }

    pub fn key(&self) -> Result<SigningKey, Failure> {
        Ok(self.keystore.read_key(self.key_file()?)?)
    }

    fn account(&self) -> Result<&Account, Failure> {
        if self.account.get().is_none() {
            let account = Account {
                organization: self.organization()?.clone(),
                key: self.key()?,
            };
            // Nobody else sets it meanwhile: a session has one command.
            let _ = self.account.set(account);
        }
        Ok(self.account.get().expect("it was set above"))
    }

    /// A connection with the network's currencies.
    pub async fn ledger(&self) -> Result<(Client, Currencies), Failure> {
        let client = self.client().await?;
        let (genesis, _) = client.genesis().await?;
        Ok((client, Currencies::of(&genesis)))
    }

    /// Signs an action as this session's organization, sends it, waits, and shows the receipt.
    /// `made` are fields of what the transaction will have made, e.g. an invoice's id.
    pub async fn execute(
        &self,
        client: &Client,
        action: impl Into<Action>,
        sending: &Sending,
        made: impl FnOnce(TxId, View) -> View,
    ) -> Result<Answer, Failure> {
        let Account { organization, key } = self.account()?.clone();
        let signer = Signer {
            chain_id: client.status().await?.chain_id,
            organization,
            key,
            approvers: self.approvers(sending)?,
        };
        let mut action = action.into();
        if sending.propose {
            let until = last_day(client, sending.propose_until, PROPOSED_DAYS).await?;
            let mut consents_of: Vec<String> =
                sending.consent_of.iter().map(ToString::to_string).collect();
            consents_of.sort();
            consents_of.dedup();
            action = action.proposed(consents_of, until);
        }
        let lifetime = Duration::from_secs(sending.expires_in);
        let (tx_id, signed) = signer.sign(action, lifetime);
        // What a proposed action makes is made, and named, when it is carried out.
        let head = match sending.propose {
            true => View::new().text("proposal", ProposalId::of(tx_id)),
            false => made(tx_id, View::new()),
        };
        let receipt = match client.submit(signed).await? {
            Some(receipt) => receipt,
            None if sending.wait == 0 => {
                return Ok(Answer::record(
                    head.text("tx_id", tx_id)
                        .text("outcome", "accepted, not committed yet"),
                ));
            }
            None => {
                client
                    .wait(tx_id, Duration::from_secs(sending.wait))
                    .await?
            }
        };
        let (genesis, _) = client.genesis().await?;
        Ok(Answer::record(views::receipt(
            head,
            &executed(receipt)?,
            &Currencies::of(&genesis),
        )))
    }

    fn approvers(&self, sending: &Sending) -> Result<Vec<SigningKey>, Failure> {
        let files = sending.approver_key.iter();
        let read = |file: &std::path::PathBuf| Ok(self.keystore.read_key(file)?);
        files.map(read).collect()
    }

    /// A list as [`Page`] asks for it.
    pub async fn list<T>(
        &self,
        page: &Page,
        fetch: impl AsyncFnMut(u32, String) -> Result<(Vec<T>, String), Failure>,
        view: impl FnMut(&T) -> View,
    ) -> Result<Listed<View>, Failure> {
        let limit = usize::try_from(page.limit).expect("32 bits fit");
        let list = listed(limit, page.page_token.clone(), fetch).await?;
        Ok(Listed {
            items: list.items.iter().map(view).collect(),
            next_page_token: list.next_page_token,
        })
    }
}
