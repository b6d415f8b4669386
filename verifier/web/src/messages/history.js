// An organization's history, and what it adds up to: proto/counterfoil/credit/v1/credit.proto, and the events of v1/receipt.proto.

import { message, repeated } from '../protobuf.js';
import { Day } from './common.js';

/** What an event says is in `body`, by the events of its contract (events.js). */
export const Event = message('Event', [
  [1, 'contract', 'u32'],
  [2, 'organizations', repeated('string')],
  [3, 'body', 'bytes'],
]);

export const HistoryHead = message('HistoryHead', [
  [1, 'length', 'u64'],
  [2, 'begin', 'u64'],
  [3, 'roots', 'bytes'],
]);

export const HistoryEntry = message('HistoryEntry', [
  [1, 'tx_id', 'bytes'],
  [2, 'height', 'u64'],
  [3, 'index', 'u32'],
  [4, 'figures', repeated('enum')],
  [5, 'on', Day],
]);

export const BuyerVolume = message('BuyerVolume', [
  [1, 'buyer', 'string'],
  [2, 'confirmed_minor', 'u64'],
]);

export const Volume = message('Volume', [
  [1, 'currency', 'string'],
  [2, 'invoices', 'u64'],
  [3, 'confirmed_minor', 'u64'],
  [4, 'buyers', repeated(BuyerVolume)],
  [5, 'others_minor', 'u64'],
  [6, 'credit_notes', 'u64'],
  [7, 'credited_minor', 'u64'],
]);

export const DebtorProfile = message('DebtorProfile', [
  [1, 'invoices_confirmed', 'u64'],
  [2, 'confirmed_after_days', repeated('u64')],
  [3, 'queries', 'u64'],
  [4, 'invoices_rejected', 'u64'],
  [5, 'receivables_settled', 'u64'],
  [6, 'settled_on_time', 'u64'],
  [7, 'days_late', 'u64'],
  [8, 'overdue_reports', 'u64'],
  [9, 'defaults', 'u64'],
  [10, 'disputes', 'u64'],
  [11, 'disputes_upheld', 'u64'],
  [12, 'volumes', repeated(Volume)],
]);

export const SupplierProfile = message('SupplierProfile', [
  [1, 'invoices_registered', 'u64'],
  [2, 'first_registered_on', Day],
  [3, 'last_registered_on', Day],
  [4, 'invoices_confirmed', 'u64'],
  [5, 'invoices_ended', 'u64'],
  [6, 'volumes', repeated(Volume)],
  [7, 'disputes', 'u64'],
  [8, 'disputes_upheld', 'u64'],
  [20, 'recourse_notices', 'u64'],
  [21, 'recourse_payments', 'u64'],
]);

export const BankProfile = message('BankProfile', [
  [1, 'quotes', 'u64'],
  [2, 'reveals', 'u64'],
  [3, 'missed_reveals', 'u64'],
  [4, 'awards', 'u64'],
  [5, 'failed_payments', 'u64'],
]);

export const Profile = message('Profile', [
  [1, 'organization', 'string'],
  [2, 'formula', 'u32'],
  [3, 'entries', 'u64'],
  [4, 'last_entry', 'u64'],
  [5, 'debtor', DebtorProfile],
  [6, 'supplier', SupplierProfile],
  [7, 'bank', BankProfile],
]);
