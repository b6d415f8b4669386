//! A node's limits on what one caller asks of it: being told to wait, and waiting.

use std::time::{Duration, Instant};

use tonic::{Response, Status};
use tonic_types::StatusExt as _;

/// Under which a node says that somebody asks for more than its share.
const DOMAIN: &str = "counterfoil.limits";
/// How long a call is made again and again.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a node asks to wait, where it has not begun a call because its sender is beyond a limit.
/// Hence it is safe to make the same call again, whatever it does.
pub fn pause(status: &Status) -> Option<Duration> {
    let info = status.get_details_error_info()?;
    let retry = status.get_details_retry_info()?;
    retry.retry_delay.filter(|_| info.domain == DOMAIN)
}

/// Makes a call, again after each wait that the node asks for.
pub async fn patiently<T>(
    mut call: impl AsyncFnMut() -> Result<Response<T>, Status>,
) -> Result<T, Status> {
    let until = Instant::now() + PATIENCE;
    loop {
        match call().await {
            Ok(answer) => return Ok(answer.into_inner()),
            Err(status) => match pause(&status) {
                Some(pause) if Instant::now() + pause < until => tokio::time::sleep(pause).await,
                _ => return Err(status),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tonic::Code;
    use tonic_types::ErrorDetails;

    use super::*;

    fn beyond(domain: &str, wait: Duration) -> Status {
        let mut details = ErrorDetails::with_retry_info(Some(wait));
        details.set_error_info("REQUESTS_PER_ACCOUNT", domain, HashMap::new());
        Status::with_error_details(Code::ResourceExhausted, "slower", details)
    }

    #[tokio::test]
    async fn a_call_is_made_again_after_the_wait_that_is_named() {
        for (domain, wait, calls) in [
            (DOMAIN, Duration::from_millis(5), 3),
            (DOMAIN, PATIENCE, 1),
            ("counterfoil.transaction", Duration::from_millis(5), 1),
        ] {
            let mut made = 0;
            let answer = patiently(async || {
                made += 1;
                match made {
                    3 => Ok(Response::new(())),
                    _ => Err(beyond(domain, wait)),
                }
            });
            assert_eq!(answer.await.is_ok(), calls == 3);
            assert_eq!(made, calls, "{domain} {wait:?}");
        }
    }
}
