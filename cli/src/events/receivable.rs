//! What happened to receivables and the claims to them.

use counterfoil_proto::receivable;

use super::Show;
use crate::output::View;
use crate::views;

impl Show<'_> {
    pub(super) fn receivable(&self, event: receivable::v1::event::Event) -> View {
        use receivable::v1::event::Event::*;
        let of = |name, receivable: &[u8], number: u32| {
            let claim = format!("{}#{number}", hex::encode(receivable));
            self.named(name)
                .text("claim", claim)
                .hidden("receivable", hex::encode(receivable))
                .hidden("number", number)
        };
        let offer = |name, receivable: &[u8], number, from: &str, to: &str| {
            of(name, receivable, number)
                .text("from", from)
                .text("to", to)
        };
        let pledge = |name, receivable: &[u8], number, parties: [&str; 2], loan: &[u8]| {
            let [controller, pledgee] = parties;
            of(name, receivable, number)
                .text("controller", controller)
                .text("pledgee", pledgee)
                .id("loan", loan)
        };
        match event {
            Opened(e) => {
                let view = self
                    .named("ReceivableOpened")
                    .id("receivable", &e.receivable)
                    .id("invoice", &e.invoice)
                    .text("debtor", &e.debtor)
                    .text("controller", &e.controller);
                self.amount(view, "face_minor", e.face.as_ref())
                    .date("adjusted_due_date", e.adjusted_due_date.as_ref())
            }
            Split(e) => {
                let parts = e.parts.iter().map(|part| {
                    let view = View::new().number("number", part.number);
                    face(view, part.face_minor).text("rank", format_args!("{:?}", part.rank()))
                });
                of("ClaimSplit", &e.receivable, e.number).nested("parts", parts.collect())
            }
            Merged(e) => {
                let view = of("ClaimsMerged", &e.receivable, e.into).numbers("merged", &e.numbers);
                face(view, e.face_minor)
            }
            Offered(e) => {
                let view = offer("ClaimOffered", &e.receivable, e.number, &e.from, &e.to)
                    .text("purpose", format_args!("{:?}", e.purpose()));
                let view = match &e.price {
                    Some(price) => self
                        .amount(view, "price_minor", Some(price))
                        .text("issuer", &e.issuer),
                    None => view,
                };
                view.date("expires_on", e.expires_on.as_ref())
                    .text("recourse", format_args!("{:?}", e.recourse()))
                    .inner(
                        "recourse_limit",
                        e.recourse_limit.as_ref().map(views::recourse_limit),
                    )
            }
            Transferred(e) => offer("ClaimTransferred", &e.receivable, e.number, &e.from, &e.to)
                .text("purpose", format_args!("{:?}", e.purpose()))
                .id("endorsement", &e.endorsement)
                .text("recourse", format_args!("{:?}", e.recourse()))
                .inner(
                    "recourse_limit",
                    e.recourse_limit.as_ref().map(views::recourse_limit),
                ),
            Declined(e) => offer("OfferDeclined", &e.receivable, e.number, &e.from, &e.to),
            Expired(e) => offer("OfferExpired", &e.receivable, e.number, &e.from, &e.to),
            Overtaken(e) => offer("OfferOvertaken", &e.receivable, e.number, &e.from, &e.to),
            Pledged(e) => pledge(
                "ClaimPledged",
                &e.receivable,
                e.number,
                [&e.controller, &e.pledgee],
                &e.loan,
            ),
            Released(e) => pledge(
                "PledgeReleased",
                &e.receivable,
                e.number,
                [&e.controller, &e.pledgee],
                &e.loan,
            ),
            Credited(e) => {
                let view = of("ClaimCredited", &e.receivable, e.number)
                    .text("controller", &e.controller)
                    .text("pledgee", &e.pledgee);
                minor_units(view, "credited_minor", e.credited_minor).flag("spent", e.spent)
            }
            GuaranteeGiven(e) => {
                let view = of("GuaranteeGiven", &e.receivable, e.number)
                    .id("guarantee", &e.guarantee)
                    .text("guarantor", &e.guarantor)
                    .text("controller", &e.controller);
                self.amount(view, "cap_minor", e.cap.as_ref())
                    .date("expires_on", e.expires_on.as_ref())
            }
            NoticeGiven(e) => {
                let view = of("NoticeGiven", &e.receivable, e.number)
                    .id("undertaking", &e.undertaking)
                    .text("kind", format_args!("{:?}", e.kind()))
                    .text("by", &e.by)
                    .text("to", &e.to);
                self.amount(view, "outstanding_minor", e.outstanding.as_ref())
                    .date("pay_by", e.pay_by.as_ref())
            }
            Disputed(e) => self
                .named("DisputeMarked")
                .id("receivable", &e.receivable)
                .flag("disputed", e.disputed),
        }
    }
}

fn face(view: View, minor: u64) -> View {
    minor_units(view, "face_minor", minor)
}

/// A sum in the receivable's currency, which the event does not repeat.
fn minor_units(view: View, name: &str, minor: u64) -> View {
    view.field(
        name,
        minor.to_string().into(),
        format!("{minor} minor units"),
    )
}
