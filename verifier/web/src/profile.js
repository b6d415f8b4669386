// What an organization's events add up to: version 2 of the formula (docs/profiles.md).

import { compare, utf8 } from './bytes.js';
import { daysBetween, isDate } from './days.js';
import { ensure, NotProven } from './errors.js';
import { EVENTS } from './messages/events.js';
import { BankProfile, DebtorProfile, SupplierProfile, Volume } from './messages/history.js';
import { decode, decodeKnown } from './protobuf.js';

export const FORMULA = 2;
/** Where a count or a sum stays. */
const MOST = 2n ** 64n - 1n;
/** Buyers that a profile keeps apart, over all its currencies. */
const MAX_BUYERS = 64;
/** The place of all invoices that were confirmed after more days than the places before it stand for. */
const LAST_PLACE = 366;

const VERDICT_UPHELD = 1;
const UNDERTAKING_RECOURSE = 1;
const QUOTE_MISSED = 5;

const NONE = new Uint8Array(0);

/** The kind of an event, as `invoice.registered`, and what it says; both null where this verifier does not know the kind. */
export function readEvent({ contract, body }) {
  const type = EVENTS.get(contract);
  if (type === undefined) {
    return { kind: null, says: null };
  }
  const event = decodeKnown(type, body, 'An event');
  const name = type.oneof.find((one) => event[one] !== null);
  return name === undefined ? { kind: null, says: null } : { kind: type.name.replace('Event', name), says: event[name] };
}

/** Adds up the events of an organization, entry by entry in the order of its history. */
export class Tally {
  constructor(organization) {
    this.organization = organization;
    this.entries = 0n;
    this.lastEntry = 0n;
    this.debtor = null;
    this.supplier = null;
    this.bank = null;
    this.buyers = 0;
  }

  /** The figures that the events of an entry move, ascending and distinct. `events` come from `readEvent`. */
  take(sequence, events) {
    const moved = new Set();
    for (const { kind, says } of events) {
      MOVES[kind]?.(this, says, moved);
    }
    if (moved.size > 0) {
      this.entries += 1n;
      this.lastEntry = sequence;
    }
    return [...moved].sort((one, other) => one - other);
  }

  /** The profile of all that was taken; null where no figure was moved. */
  profile() {
    if (this.entries === 0n) {
      return null;
    }
    return {
      organization: this.organization,
      formula: FORMULA,
      entries: this.entries,
      last_entry: this.lastEntry,
      debtor: this.debtor && { ...this.debtor, volumes: inOrder(this.debtor.volumes, 'currency') },
      supplier: this.supplier && {
        ...this.supplier,
        volumes: inOrder(this.supplier.volumes, 'currency').map((volume) => ({
          ...volume,
          buyers: inOrder(volume.buyers, 'buyer'),
        })),
      },
      bank: this.bank,
    };
  }
}

/** What each kind of event moves. Who is a party to it and is not looked at here has no figure of it. */
const MOVES = {
  'invoice.registered'(tally, { seller, registered_on: on }, moved) {
    if (seller === tally.organization) {
      ensureDate(on);
      const supplier = asSupplier(tally, 20, moved);
      add(supplier, 'invoices_registered');
      supplier.first_registered_on ??= on;
      supplier.last_registered_on = on;
    }
  },
  'invoice.queried'(tally, { buyer }, moved) {
    if (buyer === tally.organization) {
      add(asDebtor(tally, 2, moved), 'queries');
    }
  },
  'invoice.confirmed'(tally, { amount, seller, buyer, registered_on: from, confirmed_on: to }, moved) {
    if (buyer === tally.organization) {
      ensureDate(from);
      ensureDate(to);
      const debtor = asDebtor(tally, 1, moved);
      add(debtor, 'invoices_confirmed');
      addPlace(debtor.confirmed_after_days, daysBetween(from, to));
      addVolume(debtor, amount);
    }
    if (seller === tally.organization) {
      const supplier = asSupplier(tally, 21, moved);
      add(supplier, 'invoices_confirmed');
      addBuyer(tally, addVolume(supplier, amount), buyer, amount.minor);
    }
  },
  'invoice.rejected'(tally, { seller, buyer }, moved) {
    if (buyer === tally.organization) {
      add(asDebtor(tally, 3, moved), 'invoices_rejected');
    }
    if (seller === tally.organization) {
      add(asSupplier(tally, 22, moved), 'invoices_ended');
    }
  },
  'invoice.withdrawn'(tally, { seller }, moved) {
    if (seller === tally.organization) {
      add(asSupplier(tally, 22, moved), 'invoices_ended');
    }
  },
  'invoice.credited'(tally, { amount, seller, buyer }, moved) {
    if (buyer === tally.organization) {
      addCredit(asDebtor(tally, 9, moved), amount);
    }
    if (seller === tally.organization) {
      addCredit(asSupplier(tally, 25, moved), amount);
    }
  },
  'invoice.disputed'(tally, { seller, buyer }, moved) {
    if (buyer === tally.organization) {
      add(asDebtor(tally, 7, moved), 'disputes');
    }
    if (seller === tally.organization) {
      add(asSupplier(tally, 23, moved), 'disputes');
    }
  },
  'invoice.dispute_ended'(tally, { outcome, seller, buyer }, moved) {
    const isUpheld = outcome?.verdict === VERDICT_UPHELD;
    if (isUpheld && buyer === tally.organization) {
      add(asDebtor(tally, 8, moved), 'disputes_upheld');
    }
    if (isUpheld && seller === tally.organization) {
      add(asSupplier(tally, 24, moved), 'disputes_upheld');
    }
  },
  'settlement.paid'(tally, { days_late: late, settled, debtor: by }, moved) {
    if (settled && by === tally.organization) {
      const debtor = asDebtor(tally, 4, moved);
      add(debtor, 'receivables_settled');
      add(debtor, 'settled_on_time', late === 0 ? 1n : 0n);
      add(debtor, 'days_late', BigInt(late));
    }
  },
  'settlement.overdue'(tally, { debtor }, moved) {
    if (debtor === tally.organization) {
      add(asDebtor(tally, 5, moved), 'overdue_reports');
    }
  },
  'settlement.defaulted'(tally, { debtor }, moved) {
    if (debtor === tally.organization) {
      add(asDebtor(tally, 6, moved), 'defaults');
    }
  },
  'receivable.notice_given'(tally, { to, kind }, moved) {
    if (kind === UNDERTAKING_RECOURSE && to === tally.organization) {
      add(asSupplier(tally, 26, moved), 'recourse_notices');
    }
  },
  'settlement.claim_recovered'(tally, { kind, payer }, moved) {
    if (kind === UNDERTAKING_RECOURSE && payer === tally.organization) {
      add(asSupplier(tally, 27, moved), 'recourse_payments');
    }
  },
  'financing.committed'(tally, { bank }, moved) {
    addOfBank(tally, bank, 40, 'quotes', moved);
  },
  'financing.revealed'(tally, { bank }, moved) {
    addOfBank(tally, bank, 41, 'reveals', moved);
  },
  'financing.quote_closed'(tally, { bank, state }, moved) {
    if (state === QUOTE_MISSED) {
      addOfBank(tally, bank, 42, 'missed_reveals', moved);
    }
  },
  'financing.awarded'(tally, { award }, moved) {
    addOfBank(tally, award?.bank, 43, 'awards', moved);
  },
  'financing.quote_failed'(tally, { bank }, moved) {
    addOfBank(tally, bank, 44, 'failed_payments', moved);
  },
};

function asDebtor(tally, figure, moved) {
  moved.add(figure);
  tally.debtor ??= decode(DebtorProfile, NONE, 'The profile');
  return tally.debtor;
}

function asSupplier(tally, figure, moved) {
  moved.add(figure);
  tally.supplier ??= decode(SupplierProfile, NONE, 'The profile');
  return tally.supplier;
}

function addOfBank(tally, bank, figure, field, moved) {
  if (bank === tally.organization) {
    moved.add(figure);
    tally.bank ??= decode(BankProfile, NONE, 'The profile');
    add(tally.bank, field);
  }
}

function ensureDate(date) {
  ensure(isDate(date), 'An event has no date where a figure of the profile needs one.');
}

/** One more, or an amount more, and no more than the most. */
function add(sums, field, amount = 1n) {
  const sum = sums[field] + amount;
  sums[field] = sum > MOST ? MOST : sum;
}

function addPlace(places, days) {
  ensure(days >= 0, 'An event confirms an invoice before it was registered.');
  const place = Math.min(days, LAST_PLACE);
  while (places.length <= place) {
    places.push(0n);
  }
  add(places, place);
}

/** What was confirmed and credited in the currency of an amount. */
function volumeOf(side, amount) {
  if (amount === null) {
    throw new NotProven('An event has no amount where a figure of the profile needs one.');
  }
  const known = side.volumes.find(({ currency }) => currency === amount.currency);
  if (known !== undefined) {
    return known;
  }
  const volume = { ...decode(Volume, NONE, 'The profile'), currency: amount.currency };
  side.volumes.push(volume);
  return volume;
}

function addVolume(side, amount) {
  const volume = volumeOf(side, amount);
  add(volume, 'invoices');
  add(volume, 'confirmed_minor', amount.minor);
  return volume;
}

function addCredit(side, amount) {
  const volume = volumeOf(side, amount);
  add(volume, 'credit_notes');
  add(volume, 'credited_minor', amount.minor);
}

/** Keeps a buyer apart from others, unless as many are kept already. */
function addBuyer(tally, volume, buyer, minor) {
  const known = volume.buyers.find((one) => one.buyer === buyer);
  if (known !== undefined) {
    add(known, 'confirmed_minor', minor);
  } else if (tally.buyers < MAX_BUYERS) {
    tally.buyers += 1;
    volume.buyers.push({ buyer, confirmed_minor: minor });
  } else {
    add(volume, 'others_minor', minor);
  }
}

function inOrder(list, field) {
  return [...list].sort((one, other) => compare(utf8(one[field]), utf8(other[field])));
}
