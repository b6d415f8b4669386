//! `counterfoil profile share`, `unshare` and `shares`: who else may read a profile.

use counterfoil_proto::credit::v1::action::Action;
use counterfoil_proto::credit::v1::{ShareProfile, UnshareProfile};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::OrganizationId;

use crate::arguments::{Page, Sending};
use crate::client::Client;
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::Answer;
use crate::owed::ledger_date;
use crate::session::Session;
use crate::views;

pub async fn share(
    session: &Session,
    client: &Client,
    reader: OrganizationId,
    until: Date,
    sending: &Sending,
) -> Result<Answer, Failure> {
    let share = ShareProfile {
        reader: reader.into(),
        until: Some(until.to_proto()),
    };
    session
        .execute(client, Action::Share(share), sending, |_, view| view)
        .await
}

pub async fn unshare(
    session: &Session,
    client: &Client,
    reader: OrganizationId,
    sending: &Sending,
) -> Result<Answer, Failure> {
    let unshare = UnshareProfile {
        reader: reader.into(),
    };
    session
        .execute(client, Action::Unshare(unshare), sending, |_, view| view)
        .await
}

pub async fn list(
    session: &Session,
    client: &Client,
    of: Option<OrganizationId>,
    reader: Option<OrganizationId>,
    page: &Page,
) -> Result<Answer, Failure> {
    let filter = wire::ListProfileSharesRequest {
        organization: of.map(String::from).unwrap_or_default(),
        reader: reader.map(String::from).unwrap_or_default(),
        ..Default::default()
    };
    let today = ledger_date(client).await?;
    let list = session
        .list(page, pages(client, filter), |share| {
            views::profile_share(share, today)
        })
        .await?;
    let columns = ["organization", "reader", "state", "shared_on", "until"];
    Ok(Answer::list("shares", &columns, list))
}
