//! `counterfoil token`: who asks, for programs that speak gRPC themselves.

use serde_json::json;

use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;

/// Print a token for the node, good for 10 minutes; every organization may, reads only
///
/// Other programs attach it to their calls, as in
/// grpcurl -cacert "$COUNTERFOIL_CA" -H "authorization: Bearer $(counterfoil token)" HOST:PORT list.
/// Whoever has it reads as you until it expires, at this node alone.
#[derive(clap::Args, Debug)]
pub struct Arguments {}

pub async fn execute(_: Arguments, session: &Session) -> Result<Answer, Failure> {
    let client = session.client().await?;
    let (challenge, token) = client.token();
    let json = json!({
        "token": token.text,
        "chain_id": challenge.chain_id,
        "node": challenge.node.to_string(),
        "organization": session.organization()?,
        "expires_at_ms": token.expires_at_ms,
    });
    Ok(Answer::new(&json, &token.text))
}
