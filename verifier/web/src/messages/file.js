// What a proof file is made of (proto/counterfoil/v1/{proof,block,transaction,receipt}.proto), and the genesis (genesis.proto).

import { message, repeated } from '../protobuf.js';
import { ConsensusParams, Day, Organization, ValidatorSet } from './common.js';
import { Event, HistoryEntry } from './history.js';

export const Header = message('Header', [
  [1, 'version', 'u32'],
  [2, 'chain_id', 'string'],
  [3, 'height', 'u64'],
  [4, 'time_ms', 'u64'],
  [5, 'proposer', 'bytes'],
  [6, 'parent', 'bytes'],
  [7, 'transactions_root', 'bytes'],
  [8, 'receipts_root', 'bytes'],
  [9, 'state_root', 'bytes'],
  [10, 'validators_hash', 'bytes'],
  [11, 'next_validators_hash', 'bytes'],
  [12, 'params_hash', 'bytes'],
]);

const CommitSignature = message('CommitSignature', [
  [1, 'address', 'bytes'],
  [2, 'signature', 'bytes'],
]);

const CommitCertificate = message('CommitCertificate', [
  [1, 'height', 'u64'],
  [2, 'round', 'u32'],
  [3, 'block_hash', 'bytes'],
  [4, 'signatures', repeated(CommitSignature)],
]);

const CertifiedHeader = message('CertifiedHeader', [
  [1, 'header', Header],
  [2, 'certificate', CommitCertificate],
  [3, 'validators', ValidatorSet],
]);

const ProvenRecord = message('ProvenRecord', [
  [1, 'key', 'bytes'],
  [2, 'record', 'bytes'],
]);

const StateProof = message('StateProof', [
  [1, 'shape', 'bytes'],
  [2, 'hashes', 'bytes'],
]);

const OpenedField = message('OpenedField', [
  [1, 'position', 'u32'],
  [2, 'count', 'u32'],
  [3, 'name', 'string'],
  [4, 'value', 'string'],
  [5, 'salt', 'bytes'],
  [6, 'siblings', repeated('bytes')],
]);

const Passport = message('Passport', [[1, 'receivable', 'bytes']]);

const Unfinanced = message('Unfinanced', [[1, 'fingerprint', 'bytes']]);

const History = message('History', [
  [1, 'organization', 'string'],
  [2, 'from', Day],
  [3, 'to', Day],
]);

const ShownEntry = message('ShownEntry', [
  [1, 'entry', HistoryEntry],
  [2, 'salt', 'bytes'],
  [3, 'events', repeated(Event)],
  [4, 'events_hash', 'bytes'],
]);

const HistoryRange = message('HistoryRange', [
  [1, 'first', 'u64'],
  [2, 'entries', repeated(ShownEntry)],
  [3, 'hashes', 'bytes'],
]);

const Committed = message('Committed', [[1, 'transaction', 'bytes']]);

export const Rejection = message('Rejection', [
  [1, 'contract', 'string'],
  [2, 'reason', 'string'],
  [3, 'message', 'string'],
  [4, 'first', 'string'],
]);

export const Receipt = message('Receipt', [
  [1, 'tx_id', 'bytes'],
  [2, 'height', 'u64'],
  [3, 'index', 'u32'],
  [4, 'code', 'u32'],
  [5, 'rejection', Rejection],
  [6, 'events', repeated(Event)],
]);

const Inclusion = message('Inclusion', [
  [1, 'header', Header],
  [2, 'index', 'u32'],
  [3, 'count', 'u32'],
  [4, 'siblings', repeated('bytes')],
  [5, 'receipt', Receipt],
  [6, 'receipt_siblings', repeated('bytes')],
]);

export const Proof = message(
  'Proof',
  [
    [1, 'format', 'u32'],
    [2, 'passport', Passport],
    [3, 'unfinanced', Unfinanced],
    [4, 'history', History],
    [5, 'committed', Committed],
    [10, 'headers', repeated(CertifiedHeader)],
    [11, 'records', repeated(ProvenRecord)],
    [12, 'state', StateProof],
    [13, 'transactions', repeated('bytes')],
    [14, 'opened', repeated(OpenedField)],
    [15, 'range', HistoryRange],
    [16, 'inclusion', Inclusion],
  ],
  { oneof: ['passport', 'unfinanced', 'history', 'committed'] },
);

export const SignedTransaction = message('SignedTransaction', [
  [1, 'transaction', 'bytes'],
  [2, 'signatures', repeated('bytes')],
]);

export const Transaction = message('Transaction', [
  [1, 'chain_id', 'string'],
  [2, 'organization', 'string'],
  [3, 'signers', repeated('bytes')],
  [4, 'expires_at_ms', 'u64'],
  [5, 'nonce', 'u64'],
  [6, 'contract', 'u32'],
  [7, 'action', 'bytes'],
]);

const Currency = message('Currency', [
  [1, 'code', 'string'],
  [2, 'exponent', 'u32'],
]);

export const Genesis = message('Genesis', [
  [1, 'protocol_version', 'u32'],
  [2, 'chain_id', 'string'],
  [3, 'time_ms', 'u64'],
  [4, 'clock', 'enum'],
  [5, 'first_date', Day],
  [6, 'utc_offset_minutes', 'sint'],
  [7, 'ledger_key_hash', 'bytes'],
  [8, 'currencies', repeated(Currency)],
  [9, 'organizations', repeated(Organization)],
  [10, 'validators', ValidatorSet],
  [11, 'params', ConsensusParams],
  [12, 'development', 'bool'],
]);
